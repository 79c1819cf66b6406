package e2e

// This file looks at who gets which copy of a message.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/internal/postfixtest"
)

const bothOrders = "X-SMIME-Sign: yes\n" + encryptOrder

// TestCopies: To, Cc and Bcc, served mailboxes and strangers: by one copy
// refused, by several given to each as it should be.
func TestCopies(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			s.customers("anna", "bob", "carl", "dora")
			if transport == viaMilter {
				oneCopyOnly(s)
				return
			}
			hiddenRecipients(s)
			servedBeside(s)
			inboundCopies(s)
		})
	}
}

// customers have a certificate each that the gateway has learnt.
func (s *site) customers(names ...string) {
	s.t.Helper()
	for _, n := range names {
		if s.certs[n] == "" {
			s.person(n, n+"@kunde.example", "rsa-2048")
		}
		s.learn(n, n+"@kunde.example")
	}
}

// oneCopyOnly: what needs several copies is refused, and says why.
func oneCopyOnly(s *site) {
	hidden := s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example", "bob@kunde.example"}, ticket("hidden", "anna@kunde.example", bothOrders+"Bcc: bob@kunde.example\n"))
	if hidden.code != 550 || !strings.Contains(hidden.text, "Bcc") {
		s.t.Errorf("Bcc with one copy: %+v", hidden)
	}
	served := s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example", "sales@firma.example"}, ticket("served", "anna@kunde.example", bothOrders+"Cc: sales@firma.example\n"))
	if served.code != 550 || !strings.Contains(served.text, "sales@firma.example") {
		s.t.Errorf("a served Cc with one copy: %+v", served)
	}
	together := ticket("together", "anna@kunde.example, bob@kunde.example", bothOrders)
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example", "bob@kunde.example"}, together))
	s.readable(s.copies("together", 1)[0], "anna", "bob", "support")
}

// copies waits for n mails with a Subject; a fifth of a second later there must
// not be more.
func (s *site) copies(subject string, n int) []postfixtest.Mail {
	s.t.Helper()
	s.sink.WaitFor("Subject: "+subject, n, 30*time.Second)
	time.Sleep(200 * time.Millisecond)
	list := s.sink.WaitFor("Subject: "+subject, n, time.Second)
	if len(list) != n {
		s.t.Fatalf("%d copies of %q, want %d", len(list), subject, n)
	}
	return list
}

// readable opens a copy with every key of the house: those named can read it and
// it has no RecipientInfo for anybody else.
func (s *site) readable(m postfixtest.Mail, names ...string) {
	s.t.Helper()
	if strings.Contains(m.Text, secret) {
		s.t.Fatalf("the copy for %v is in clear:\n%s", m.To, m.Text)
	}
	for _, who := range []string{"anna", "bob", "carl", "dora", "support", "sales"} {
		can := strings.Contains(s.opened(m.Text, who), secret)
		if can != slices.Contains(names, who) {
			s.t.Errorf("the copy for %v: %s can read it: %v", m.To, who, can)
		}
	}
	infos := s.openssl(m.Text, "cms", "-cmsout", "-print")
	if n := strings.Count(infos, "d.ktri:"); n != len(names) {
		s.t.Errorf("the copy for %v has %d RecipientInfos, want those of %v", m.To, n, names)
	}
	for _, who := range []string{"carl", "dora"} { // the hidden ones: no issuer and serial, no address
		if serial := s.serial(who); !slices.Contains(names, who) && strings.Contains(infos, serial) {
			s.t.Errorf("the copy for %v has %s's serial number", m.To, who)
		}
	}
}

// serial is a certificate's number as openssl prints it in a RecipientInfo.
func (s *site) serial(who string) string {
	s.t.Helper()
	_, n, _ := strings.Cut(strings.TrimSpace(s.openssl("", "x509", "-in", s.certs[who], "-noout", "-serial")), "=")
	return "0x" + n
}

// hiddenRecipients: To, Cc and two Bcc are three copies.
func hiddenRecipients(s *site) {
	all := []string{"anna@kunde.example", "bob@kunde.example", "carl@kunde.example", "dora@kunde.example", "Carl@kunde.example", "CARL@Kunde.Example"}
	s.accepted(s.send(s.outbound, "support@firma.example", all, ticket("hidden", "anna@kunde.example", bothOrders+"Cc: Bob <bob@kunde.example>\nBcc: carl@kunde.example\n")))
	who := map[string][]string{"anna@kunde.example bob@kunde.example": {"anna", "bob", "support"}, "carl@kunde.example": {"carl", "support"}, "dora@kunde.example": {"dora", "support"}}
	ids := map[string]bool{}
	for _, m := range s.copies("hidden", 3) {
		ids[field(s.t, m.Text, "Message-Id")] = true
		for i, to := range m.To {
			m.To[i] = strings.ToLower(to) // Postfix makes one of all spellings, Exim does not
		}
		slices.Sort(m.To)
		m.To = slices.Compact(m.To)
		names := who[strings.Join(m.To, " ")]
		if names == nil {
			s.t.Fatalf("a copy for %v", m.To)
		}
		s.readable(m, names...)
		inner := s.opened(m.Text, names[0])
		if s.verified(inner) == "" {
			s.t.Errorf("the copy for %v is not signed", m.To)
		}
		to := strings.Join(m.To, " ")
		own := strings.NewReplacer("for <"+to+">", "", "for "+to+";", "").Replace(m.Text) // the trace of this very copy: Postfix, Exim
		for _, text := range []string{own, inner} {
			if strings.Contains(text, "carl@") || strings.Contains(text, "dora@") || strings.Contains(strings.ToLower(text), "\nbcc:") {
				s.t.Errorf("the copy for %v tells of a hidden recipient:\n%s", m.To, text)
			}
		}
	}
	if len(ids) != 1 {
		s.t.Errorf("the copies have %d Message-IDs: %v", len(ids), ids)
	}
}

// servedBeside: a mailbox of the house gets its copy in clear, with the head of
// an incoming mail; everybody else does not.
func servedBeside(s *site) {
	s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example", "sales@firma.example", "carl@kunde.example"},
		ticket("served", "anna@kunde.example", bothOrders+"Cc: sales@firma.example\n")))
	for _, m := range s.copies("served", 3) {
		switch strings.Join(m.To, " ") {
		case "sales@firma.example":
			if !strings.Contains(m.Text, secret) || field(s.t, m.Text, "X-SMIME-Encryption") != "none" || field(s.t, m.Text, "X-SMIME-Encrypt") != "" {
				s.t.Errorf("the copy of the house:\n%s", m.Text)
			}
		case "anna@kunde.example":
			s.readable(m, "anna", "support")
		case "carl@kunde.example":
			s.readable(m, "carl", "support")
		default:
			s.t.Errorf("a copy for %v", m.To)
		}
	}
}

// inboundCopies: the owner of the key gets the plaintext, the others what came.
func inboundCopies(s *site) {
	mixed := withHeader(headerOf("mixed"), s.sealed(s.signed("anna", textEntity), []string{"support"}))
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example", "sales@firma.example", "boss@firma.example"}, mixed))
	seen := 0
	for _, m := range s.copies("mixed", 3) {
		for _, to := range m.To {
			seen++
			owner := to == "support@firma.example"
			if owner != strings.Contains(m.Text, secret) {
				s.t.Errorf("the inbound copy for %s:\n%s", to, m.Text)
			}
			if owner && (field(s.t, m.Text, "X-SMIME-Signature") != "valid" || field(s.t, m.Text, "X-SMIME-Encryption") != "decrypted") {
				s.t.Errorf("the owner's copy:\n%s", m.Text)
			}
			if to == "sales@firma.example" && field(s.t, m.Text, "X-SMIME-Encryption") != "undecryptable" {
				s.t.Errorf("the copy for another mailbox of the house:\n%s", m.Text)
			}
			if to == "boss@firma.example" && s.opened(m.Text, "support") == "" {
				s.t.Errorf("the copy for somebody who is not served is not what came:\n%s", m.Text)
			}
		}
	}
	if seen != 3 {
		s.t.Errorf("%d recipients of 3 got it", seen)
	}
}

// TestMixedClear: with mixed_clear, if-possible means a sealed copy for those
// who can read one and a clear copy for the rest; an order "yes" still means all.
func TestMixedClear(t *testing.T) {
	for _, transport := range []string{viaBoth, viaProxy, viaFilter} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{config: "[outbound]\nmixed_clear = true\n"})
			s.customers("anna", "bob", "carl", "dora")
			all := []string{"anna@kunde.example", "nobody@kunde.example", "carl@kunde.example", "noone@kunde.example"}
			head := "X-SMIME-Encrypt: if-possible\nCc: nobody@kunde.example\n"
			s.accepted(s.send(s.outbound, "support@firma.example", all, ticket("mixed", "anna@kunde.example", head)))
			inClear := 0
			for _, m := range s.sink.WaitFor("Subject: mixed", 3, 30*time.Second) {
				switch strings.Join(m.To, " ") {
				case "anna@kunde.example":
					s.readable(m, "anna", "support")
				case "carl@kunde.example":
					s.readable(m, "carl", "support")
				default:
					inClear += len(m.To)
					if !strings.Contains(m.Text, secret) || strings.Contains(m.Text, "carl@") || strings.Contains(m.Text, "noone@") {
						t.Errorf("the clear copy for %v:\n%s", m.To, m.Text)
					}
				}
			}
			if inClear != 2 {
				t.Errorf("%d clear recipients, want 2", inClear)
			}
			order := s.send(s.outbound, "support@firma.example", all, ticket("all-or-none", "anna@kunde.example", encryptOrder+"Cc: nobody@kunde.example\n"))
			if transport != viaFilter && (order.code != 550 || !strings.Contains(order.text, "nobody@kunde.example")) {
				t.Errorf("an order for somebody without certificate: %+v", order)
			}
			time.Sleep(300 * time.Millisecond)
			for _, m := range s.sink.WaitFor("all-or-none", 1, time.Second) {
				if m.From != "" { // after the queue a refusal is a bounce
					t.Errorf("sent to %v:\n%s", m.To, m.Text)
				}
			}
		})
	}
}

// TestBcc: an archive that Postfix adds to every mail is no recipient that sealgate would
// have to encrypt for; it gets what the customer gets.
func TestBcc(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport, siteOptions{main: map[string]string{"always_bcc": "archive@firma.example"}})
			s.customers("anna", "bob", "carl", "dora")
			s.accepted(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example"}, ticket("archived", "anna@kunde.example", encryptOrder)))
			to := map[string]int{}
			s.arrival("Subject: archived")
			time.Sleep(300 * time.Millisecond) // it may come for both at once, or for each
			for _, m := range s.sink.WaitFor("Subject: archived", 1, time.Second) {
				for _, r := range m.To {
					to[r]++
				}
				s.readable(m, "anna", "support")
			}
			if to["anna@kunde.example"] != 1 || to["archive@firma.example"] != 1 {
				t.Errorf("copies for %v", to)
			}
		})
	}
}

// TestReinjectThroughOurselves: copies that come back to a milter of ours are refused
// before anything is sent, whichever way they go: a second pass would overwrite what
// the first one found out. The log and check --postfix say what is wrong.
func TestReinjectThroughOurselves(t *testing.T) {
	for _, door := range []string{"in", "out"} {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, viaBoth, siteOptions{reinject: func(s *site) string { return "inet:" + s.doors[door] }})
			s.customers("anna", "bob")
			s.circle(s.send(s.outbound, "support@firma.example", []string{"anna@kunde.example", "bob@kunde.example"}, ticket("circle", "anna@kunde.example", bothOrders)))
			mixed := withHeader(headerOf("circle"), s.sealed(s.signed("anna", textEntity), []string{"support"}))
			s.circle(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example", "sales@firma.example", "boss@firma.example"}, mixed))
		})
	}
	t.Run(viaProxy, func(t *testing.T) {
		t.Parallel()
		s := newSite(t, viaProxy, siteOptions{reinject: func(s *site) string { return "inet:" + s.doors["in"] }})
		s.circle(s.send(s.inbound, "anna@kunde.example", []string{"support@firma.example"}, withHeader(headerOf("circle"), s.signed("anna", textEntity))))
	})
}

// circle is the answer to a mail that would pass twice.
func (s *site) circle(got reply) {
	s.t.Helper()
	if got.code != 451 || !strings.Contains(got.text, "4.4.6") || !strings.Contains(got.text, "loop") {
		s.t.Errorf("%+v", got)
	}
	time.Sleep(300 * time.Millisecond)
	for _, m := range s.sink.Mails() {
		if strings.Contains(m.Text, "Subject: circle") {
			s.t.Errorf("sent to %v:\n%s", m.To, m.Text)
		}
	}
	s.logged("take sealgate off the milters")
	if got := s.checkPostfix(); !strings.Contains(got, "FAULT "+s.doors["re"]) {
		s.t.Errorf("check --postfix does not name the port:\n%s", got)
	}
}
