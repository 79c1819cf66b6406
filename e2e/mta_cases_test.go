//go:build mtas

package e2e

// This file is what every mail server must do with sealgate: in, out, hidden recipients,
// recipients of which one has no certificate, refusals, and a gateway that is down.

import (
	"strings"
	"time"
)

// otherMTA is a mail server that stands before sealgate.
type otherMTA struct {
	room    *room
	mailq   func() string
	flush   func() // tries at once what waits
	log     func() string
	answers bool // the sender hears of a refusal as the answer, else by a bounce
	splits  bool // recipients may have different copies
	keeps   bool // it takes mail while sealgate is down, else the sender keeps it
}

// behind plays all cases.
func (s *site) behind(m *otherMTA) {
	s.t.Helper()
	s.mailq = m.mailq
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("--- sealgate\n%s\n--- the mail server\n%s", tail(s.log.String()), tail(m.log()))
		}
	})
	s.mtaIn()
	s.customers("anna", "bob", "carl", "dora")
	s.mtaOut()
	s.mtaHidden(m)
	s.mtaRefused(m, "unknown-order", []string{"anna@kunde.example"}, "X-SMIME-Encrypt: maybe\n", "unknown order")
	s.mtaRefused(m, "one-without", []string{"anna@kunde.example", "nobody@kunde.example"}, encryptOrder, "nobody@kunde.example")
	s.mtaSmuggled()
	s.mtaDown(m)
}

// mtaIn: a signed and encrypted mail arrives decrypted, with our verdict in place of the
// sender's; the line of the log has the server's own queue id.
func (s *site) mtaIn() {
	s.t.Helper()
	header := headerOf("mta-in") + "X-SMIME-Status: forged by the sender\n"
	mail := withHeader(header, s.sealed(s.signed("anna", textEntity), []string{"support"}))
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, mail))
	text := s.arrival("Subject: mta-in").Text
	verdict := field(s.t, text, "X-SMIME-Signature") + "/" + field(s.t, text, "X-SMIME-Encryption")
	if verdict != "valid/decrypted" || !strings.Contains(text, secret) || strings.Contains(text, "forged by") {
		s.t.Errorf("in: %s\n%s", verdict, text)
	}
	s.logged("message_id=mta-in@kunde.example")
	for line := range strings.Lines(s.log.String()) {
		if !strings.Contains(line, "message_id=mta-in@kunde.example") {
			continue
		}
		_, rest, _ := strings.Cut(line, " queue_id=")
		id, _, _ := strings.Cut(rest, " ")
		if len(id) < 6 || !strings.Contains(text, "id "+id) {
			s.t.Errorf("queue id %q is none of the mail server's: %s\n%s", id, line, text)
		}
	}
}

// mtaOut: orders are obeyed and leave with nobody.
func (s *site) mtaOut() {
	s.t.Helper()
	order := bothOrders + "Bcc: hidden@kunde.example\n"
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("mta-out", "anna@kunde.example", order)))
	text := s.arrival("Subject: mta-out").Text
	if low := strings.ToLower(text); strings.Contains(low, "\nx-smime-") || strings.Contains(low, "\nbcc:") {
		s.t.Errorf("order or Bcc left:\n%s", text)
	}
	s.check("out", text, true, true)
}

// mtaHidden: To, Cc and two Bcc are three copies, or a refusal where there can be one only.
func (s *site) mtaHidden(m *otherMTA) {
	s.t.Helper()
	if m.splits {
		hiddenRecipients(s)
		return
	}
	oneCopyOnly(s)
}

// mtaRefused: nothing is sent, and the sentence reaches the sender.
func (s *site) mtaRefused(m *otherMTA, mark string, to []string, order, sentence string) {
	s.t.Helper()
	got := s.send(s.outbound, "support@firma.example", to, ticket(mark, strings.Join(to, ", "), order))
	if m.answers {
		if got.code != 550 || !strings.Contains(got.text, sentence) {
			s.t.Errorf("%s: %+v", mark, got)
		}
	} else {
		s.accepted(got)
		bounce := s.arrival("Subject: " + mark)
		if bounce.From != "" || strings.Join(bounce.To, " ") != "support@firma.example" || !strings.Contains(bounce.Text, sentence) {
			s.t.Errorf("%s: no bounce with the sentence but, to %v:\n%s", mark, bounce.To, bounce.Text)
		}
	}
	s.nobodyGot(mark)
}

// nobodyGot: no customer has a mail with a Subject, and none waits.
func (s *site) nobodyGot(mark string) {
	s.t.Helper()
	time.Sleep(300 * time.Millisecond)
	for _, mail := range s.sink.WaitFor("Subject: "+mark, 1, 100*time.Millisecond) {
		for _, to := range mail.To {
			if to != "support@firma.example" || mail.From != "" {
				s.t.Errorf("%s was sent from <%s> to %v:\n%s", mark, mail.From, mail.To, mail.Text)
			}
		}
	}
}

// mtaSmuggled: no second mail comes out of one.
func (s *site) mtaSmuggled() {
	s.t.Helper()
	for _, end := range smuggled {
		smuggle(s.t, s.inbound, end)
	}
	time.Sleep(500 * time.Millisecond)
	for _, mail := range s.sink.Mails() {
		if mail.From == "e@v.example" {
			s.t.Errorf("smuggled:\n%s", mail.Text)
		}
	}
}

// mtaDown: while sealgate is down nothing passes; then both mails arrive as they should.
func (s *site) mtaDown(m *otherMTA) {
	s.t.Helper()
	s.gateway.Process.Kill()
	s.gateway.Wait()
	in := withHeader(headerOf("down-in"), s.sealed(s.signed("anna", textEntity), []string{"support"}))
	out := ticket("down-out", "anna@kunde.example", bothOrders)
	send := func() []reply {
		return []reply{
			s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, in),
			s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, out),
		}
	}
	for _, got := range send() {
		if want := map[bool]int{true: 2, false: 4}[m.keeps]; got.code/100 != want {
			s.t.Errorf("sealgate is down: %+v", got)
		}
	}
	m.flush()
	time.Sleep(500 * time.Millisecond)
	for _, mail := range s.sink.Mails() {
		if strings.Contains(mail.Text, "Subject: down-") {
			s.t.Fatalf("went past sealgate:\n%s", mail.Text)
		}
	}
	s.startGateway()
	if m.keeps {
		m.flush()
	} else {
		for _, got := range send() {
			s.accepted(got)
		}
	}
	if text := s.arrival("Subject: down-in").Text; field(s.t, text, "X-SMIME-Signature") != "valid" {
		s.t.Errorf("after sealgate was down:\n%s", text)
	}
	s.check("after sealgate was down", s.arrival("Subject: down-out").Text, true, true)
}
