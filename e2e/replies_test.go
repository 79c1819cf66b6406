package e2e

// This file tests what leaves in clear though it refers to encrypted mail: nothing that
// no person has sent knowingly to the one who wrote.

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// asked lets an encrypted, unsigned mail of Anna's in, under a Message-ID; her
// certificate is not known.
func (s *site) asked(id string) {
	s.t.Helper()
	header := strings.Replace(headerOf("asked-"+id), "<asked-"+id+"@kunde.example>", "<"+id+">", 1)
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(header, s.sealed(textEntity, []string{"support"}))))
	s.arrival("Subject: asked-" + id)
}

// refused fails the test unless the answer is a 550 that names the address.
func (s *site) refused(name string, got reply, address string) {
	s.t.Helper()
	if got.code != 550 || !strings.Contains(got.text, address) || !strings.Contains(got.text, "encrypted message") {
		s.t.Errorf("%s: %+v", name, got)
	}
}

// TestMailOfHelpdesksThatLeftInClear: five mails as helpdesks sent them, with the text
// that had been decrypted.
func TestMailOfHelpdesksThatLeftInClear(t *testing.T) {
	t.Parallel()
	for _, strength := range []string{"if-possible", "yes"} {
		s := newSite(t, viaMilter, siteOptions{config: fmt.Sprintf("[outbound]\nreply_to_encrypted = %q\n", strength)})
		for _, id := range []string{"plain@kunde.example", "zweiteif-possible@kunde.example", "ersteif-possible@kunde.example"} {
			s.asked(id)
		}
		for _, k := range []struct{ file, from, to string }{
			{"receipt.eml", "support@firma.example", "anna@kunde.example"},
			{"delivery-report.eml", "", "anna@kunde.example"},
			{"returned-header.eml", "exchange@firma.example", "anna@kunde.example"},
			{"rt-follow-up-cc.eml", "support@firma.example", "niemand@kunde.example"},
			{"rt-forward.eml", "support@firma.example", "niemand@kunde.example"},
		} {
			text, err := os.ReadFile("../gateway/testdata/replies/" + k.file)
			if err != nil {
				t.Fatal(err)
			}
			s.refused(k.file, s.send(s.outbound, k.from, []string{k.to}, string(text)), k.to)
		}
		for _, m := range s.sink.Mails() {
			if strings.Contains(m.Text, "4711") {
				t.Errorf("it left:\n%s", m.Text)
			}
		}
	}
}

// TestAnswersThroughPostfix: who may be answered in clear, and who not.
func TestAnswersThroughPostfix(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.asked("1@kunde.example")
	const answers = "In-Reply-To: <1@kunde.example>\n"
	send := func(mark, header string, to ...string) reply {
		return s.send(s.outbound, "support@firma.example", to, ticket(mark, strings.Join(to, ", "), answers+header))
	}
	inClear := func(mark string) {
		t.Helper()
		if text := s.arrival("Subject: " + mark).Text; !strings.Contains(text, secret) {
			t.Errorf("%s:\n%s", mark, text)
		}
		s.logged("leaves in clear though it refers to encrypted mail")
	}
	s.accepted(send("to-anna", "", "anna@kunde.example"))
	inClear("to-anna")
	s.refused("others too", send("to-both", "", "anna@kunde.example", "bob@kunde.example"), "bob@kunde.example")
	s.refused("others", send("to-bob", "X-SMIME-Encrypt: no\n", "bob@kunde.example"), "bob@kunde.example")
	s.refused("automatic", send("auto", "Auto-Submitted: auto-replied\nX-SMIME-Encrypt: no\n", "anna@kunde.example"), "anna@kunde.example")
	s.refused("RT's precedence", send("bulk", "Precedence: bulk\n", "anna@kunde.example"), "anna@kunde.example")
	s.refused("null sender", s.send(s.outbound, "", []string{"anna@kunde.example"}, ticket("null", "anna@kunde.example", answers)), "anna@kunde.example")
	s.learn("anna", "anna@kunde.example")
	s.accepted(send("auto-sealed", "Auto-Submitted: auto-replied\n", "anna@kunde.example"))
	s.sealedArrival("auto-sealed")
	s.accepted(send("to-anna-sealed", "", "anna@kunde.example"))
	s.sealedArrival("to-anna-sealed")
	s.accepted(send("no", "X-SMIME-Encrypt: no\n", "anna@kunde.example"))
	inClear("no")
}

// TestEncryptedWithoutMessageIDThroughPostfix: two mailboxes and two transactions see
// the same one, and an answer to it is known.
func TestEncryptedWithoutMessageIDThroughPostfix(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{main: map[string]string{"local_header_rewrite_clients": ""}})
			header := strings.Replace(headerOf("nameless"), "Message-ID: <nameless@kunde.example>\n", "", 1)
			mail := withHeader(header, s.sealed(textEntity, []string{"support", "sales"}))
			ids := map[string]bool{}
			mailboxes := []string{"support@firma.example", "sales@firma.example"}
			for _, to := range mailboxes {
				s.accepted(s.send(s.inbound, "anna@kunde.example", []string{to}, mail))
			}
			for end := time.Now().Add(30 * time.Second); len(s.sink.Mails()) < len(mailboxes); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%d mails arrived", len(s.sink.Mails()))
				}
			}
			for _, m := range s.sink.Mails() {
				ids[field(t, m.Text, "Message-ID")] = true
			}
			if len(ids) != 1 || ids[""] {
				t.Fatalf("%v", ids)
			}
			for id := range ids {
				got := s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("auto", "anna@kunde.example", "In-Reply-To: "+id+"\nAuto-Submitted: auto-replied\n"))
				if transport == viaFilter { // it is Postfix's already, and comes back
					s.accepted(got)
					s.arrival("Undelivered Mail Returned to Sender")
					continue
				}
				s.refused("an automatic answer", got, "anna@kunde.example")
			}
		})
	}
}

// TestAnswerToUndecryptableThroughPostfix, and rubbish under the Message-ID of a plain
// mail, which blocks nothing.
func TestAnswerToUndecryptableThroughPostfix(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	rubbish := s.sealed(textEntity, []string{"anna"})
	automatic := func(mark, id string) reply {
		return s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("auto-"+mark, "anna@kunde.example", "References: <"+id+">\nAuto-Submitted: auto-replied\n"))
	}
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("lost"), rubbish)))
	s.refused("undecryptable", automatic("lost", "lost@kunde.example"), "anna@kunde.example")

	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("plain"), textEntity)))
	again := strings.Replace(headerOf("again"), "<again@kunde.example>", "<plain@kunde.example>", 1)
	s.accepted(s.send(s.inbound, "eve@evil.example", []string{"support@firma.example"}, withHeader(again, rubbish)))
	s.arrival("Subject: again")
	s.accepted(automatic("plain", "plain@kunde.example"))
	if text := s.arrival("Subject: auto-plain").Text; !strings.Contains(text, secret) {
		t.Errorf("%s", text)
	}
}

// TestThreadGoesOnEncrypted: the customer answers our encrypted mail in clear.
func TestThreadGoesOnEncrypted(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter)
	s.learn("anna", "anna@kunde.example")
	s.accepted(s.out("begun", "anna@kunde.example", "Message-ID: <begun@firma.example>\n"+encryptOrder))
	s.sealedArrival("begun")
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("in-clear")+"In-Reply-To: <begun@firma.example>\n", textEntity)))
	s.arrival("Subject: in-clear")
	thread := "In-Reply-To: <in-clear@kunde.example>\nReferences: <begun@firma.example> <in-clear@kunde.example>\n"
	s.accepted(s.out("goes-on", "anna@kunde.example", thread))
	s.sealedArrival("goes-on")
	s.refused("others", s.out("others", "bob@kunde.example", thread), "bob@kunde.example")
}

// TestNoticesToAgents: a helpdesk tells its agents of an encrypted mail.
func TestNoticesToAgents(t *testing.T) {
	t.Parallel()
	const notice = "In-Reply-To: <1@kunde.example>\nPrecedence: bulk\n"
	s := newSite(t, viaMilter)
	s.asked("1@kunde.example")
	s.refused("outside", s.out("notice", "agent@firma.example", notice), "agent@firma.example")
	s.logged("domains=[firma.example]")
	inside := newSite(t, viaMilter, siteOptions{server: "domains = [\"firma.example\"]\n"})
	inside.asked("1@kunde.example")
	inside.accepted(inside.out("notice", "agent@firma.example", notice))
	if text := inside.arrival("Subject: notice").Text; !strings.Contains(text, secret) {
		t.Errorf("%s", text)
	}
	if got := inside.out("routed", `"boss@bank.example"@firma.example`, notice); got.code != 550 {
		t.Errorf("a route in the address: %+v", got)
	}
	if got := inside.checkPostfix(); strings.Contains(got, "server.domains") {
		t.Errorf("an alias leads out: %s", got)
	}
}
