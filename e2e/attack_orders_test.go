package e2e

// This file sends orders that stand where they are overlooked.

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestOrderInAPart: RT repeats its template's header in the first part; with another
// prefix than ours too, what is signed does not hold the order.
func TestOrderInAPart(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{config: "[headers]\nprefix = \"X-Crypt-\"\n"})
	text := "From: support@firma.example\nTo: anna@kunde.example\nSubject: inner-prefix\nMIME-Version: 1.0\nX-Crypt-Sign: yes\n" +
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nX-Crypt-Sign: yes\n\n" + secret + "\n--b--\n"
	s.accepted(s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, text))
	left := s.arrival("Subject: inner-prefix").Text
	if strings.Contains(left, "X-Crypt-") || !strings.Contains(s.verified(left), secret) {
		t.Errorf("left:\n%s", left)
	}
}

// early are headers that end before the order that stands in them.
var early = map[string]string{
	"bom":              "\ufeff" + earlyHead + earlyRest,
	"bom-at-order":     "\ufeff" + encryptOrder + earlyHead,
	"blank-line":       "  \n" + earlyHead + earlyRest,
	"indented":         " " + earlyHead + earlyRest,
	"empty-line":       "\n" + earlyHead + earlyRest,
	"two-empty-lines":  "\n\n" + earlyHead + earlyRest,
	"raw-line-end":     earlyHead + "vom Montag\n" + earlyRest,
	"name-with-blank":  earlyHead + "X Note: a\n" + earlyRest,
	"eight-bit-name":   earlyHead + "Größe: a\n" + earlyRest,
	"no-name":          earlyHead + ": foo\n" + earlyRest,
	"mbox":             earlyHead + ">From x Sat Nov 28 20:00:00 2026\n" + earlyRest,
	"no-field":         earlyHead + "foo\n" + earlyRest,
	"order-with-blank": earlyHead + "X SMIME-Encrypt: yes\nMIME-Version: 1.0\nContent-Type: text/plain\n",
	"order-last":       earlyHead + "MIME-Version: 1.0\nContent-Type: text/plain\nfoo\n" + encryptOrder,
	"without-mime":     earlyHead + "foo\n" + encryptOrder,
}

const (
	earlyHead = "From: support@firma.example\nTo: anna@kunde.example\nSubject: Re: Anfrage\n"
	earlyRest = encryptOrder + "MIME-Version: 1.0\nContent-Type: text/plain\n"
)

// TestOrderBehindTheEndOfTheHeader: Postfix makes text of what stands behind a line that
// is no field. With an order in it the mail is refused, whichever way it comes.
func TestOrderBehindTheEndOfTheHeader(t *testing.T) {
	for _, transport := range []string{viaMilter, viaProxy, viaFilter} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			s.learn("anna", "anna@kunde.example")
			for name, header := range early {
				got := s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, header+"\n"+secret+" "+name+"\n")
				if transport != viaFilter && (got.code != 550 || !strings.Contains(got.text, "header ends too early")) {
					t.Errorf("%s: %+v", name, got)
				}
			}
			refused := len(early)
			if transport == viaMilter { // there, and only there, sendmail(1) passes another listener
				refused = s.earlyBySendmail(t)
			}
			s.onlyBounces(t, transport, refused)
			s.textAboutOrders(t)
		})
	}
}

// earlyBySendmail gives the same to sendmail(1).
func (s *site) earlyBySendmail(t *testing.T) int {
	t.Helper()
	for name, header := range early {
		if err := s.postfix.Sendmail(toSupport, []string{"anna@kunde.example"}, header+"\n"+secret+" "+name+"\n"); err != nil {
			t.Error(err)
		}
	}
	return len(early)
}

// onlyBounces waits for the reports of refusals where there are such; nothing else may
// hold the secret.
func (s *site) onlyBounces(t *testing.T, transport string, refused int) {
	t.Helper()
	if transport != viaProxy {
		reports := s.sink.WaitFor("Subject: Undelivered Mail Returned to Sender", refused, 2*time.Minute)
		if len(reports) != refused {
			t.Errorf("%d reports of %d refusals", len(reports), refused)
		}
		for _, m := range reports {
			if !strings.Contains(strings.Join(strings.Fields(m.Text), " "), "header ends too early") {
				t.Errorf("the report does not say why:\n%s", m.Text)
			}
		}
	}
	for _, m := range s.sink.Mails() {
		if m.From != "" && m.To[0] != toSupport && strings.Contains(m.Text, secret) {
			t.Errorf("it left in clear for %v:\n%s", m.To, m.Text)
		}
	}
}

// textAboutOrders: people may write about our fields, and a first line that looks like
// a mailbox's becomes a field for Postfix, so that the order behind it holds.
func (s *site) textAboutOrders(t *testing.T) {
	t.Helper()
	for i, text := range []string{
		"X-SMIME-Encrypt: yes\n\nis what you need\n", "Please set\nX-SMIME-Sign: yes\nand write again\n", "Hello,\n\nX-SMIME-Sign: yes\n\nRegards\n",
		"---- Forwarded ----\n" + earlyHead + "X-SMIME-Signature: valid\n\nhello\n",
	} {
		mark := fmt.Sprintf("about-orders-%d", i)
		head := "From: support@firma.example\nTo: anna@kunde.example\nSubject: " + mark + "\nMIME-Version: 1.0\nContent-Type: text/plain\n\n"
		s.accepted(s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, head+text))
		s.arrival("Subject: " + mark)
	}
	s.accepted(s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, ">From x Sat Nov 28 20:00:00 2026\n"+ticket("mbox-first", "anna@kunde.example", encryptOrder)))
	s.sealedArrival("mbox-first")
}

// TestRuleForRoutedRecipient: Postfix delivers a recipient whose local part holds another
// address to that one, when the domain is its own. The rule for it holds.
func TestRuleForRoutedRecipient(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{
		config: "[[rule]]\nrecipient = \"@bank.example\"\nencrypt = \"yes\"\n", main: map[string]string{"mydestination": "firma.example"},
		master: func(s *site) []string { return nil },
	})
	for i, to := range []string{`"boss@bank.example"@firma.example`, "boss%bank.example@firma.example", "bank.example!boss@firma.example"} {
		mark := fmt.Sprintf("routed-%d", i)
		got := s.send(s.outbound, toSupport, []string{to}, ticket(mark, "boss@bank.example", ""))
		if got.code != 550 {
			t.Errorf("%s: %+v", to, got)
		}
		// Past sealgate, the same is delivered there: else this would show nothing.
		s.accepted(s.send(s.plain, toSupport, []string{to}, ticket("past-"+mark, "boss@bank.example", "")))
		if m := s.arrival("Subject: past-" + mark); m.To[0] != "boss@bank.example" {
			t.Errorf("%s: Postfix delivers to %v", to, m.To)
		}
	}
	if _, ok := s.sink.Wait("Subject: routed-", 0); ok {
		t.Error("it left all the same")
	}
}
