package gateway

// This file writes to recipients that Postfix delivers to another address than they
// name.

import (
	"strings"
	"testing"

	"sealgate/keyring"
)

// routed are spellings of boss@bank.example by which it gets the mail where
// firma.example is local to Postfix.
var routed = []string{
	`"boss@bank.example"@firma.example`, `"boss\@bank.example"@firma.example`, "boss%bank.example@firma.example", "bank.example!boss@firma.example",
	"boss%bank.example", "boss@bank.example@firma.example", `"boss%bank.example"@firma.example`, `"boss@bank.example (x)"@firma.example`,
	"@relay.example:boss%bank.example@firma.example", `"Boss@BANK.example."@[127.0.0.1]`, strings.Repeat("x%", 9) + "boss%bank.example@firma.example",
}

// TestRuleForRoutedRecipient: a rule for boss@bank.example holds for every spelling.
func TestRuleForRoutedRecipient(t *testing.T) {
	for name, rule := range map[string]Rule{"address": {Recipient: "boss@bank.example"}, "host": {Recipient: "@bank.example"}, "domain": {Domain: "bank.example"}} {
		rule.Demand = Demand{Encrypt: Yes}
		h := newHouse(t, func(o *Options) { o.Rules = []Rule{rule} })
		for _, to := range routed {
			out := h.process(outboundTo(to), fromSupport("boss@bank.example", plainText))
			if out.Disposition != Reject || out.Reply.Code != 550 || len(out.Deliveries) != 0 {
				t.Errorf("rule by %s, to %s: %+v", name, to, out.Outcome)
			}
		}
		for _, to := range []string{"anna%kunde.example@firma.example", `"a b"@firma.example`, "boss@firma.example"} {
			if out := h.process(outboundTo(to), fromSupport(to, plainText)); out.Disposition != Accept {
				t.Errorf("rule by %s, to %s: %+v", name, to, out.Outcome)
			}
		}
	}
}

// TestWishForRoutedRecipient: if-possible does not send in clear to who may be another
// than the one looked up.
func TestWishForRoutedRecipient(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for _, to := range []string{`"anna@kunde.example"@firma.example`, "anna%kunde.example@firma.example"} {
		out := h.process(outboundTo(to), fromSupport("anna@kunde.example", "X-SMIME-Encrypt: if-possible\r\n"+plainText))
		if out.Disposition != Reject || out.Reply.Code != 550 {
			t.Errorf("%s: %+v", to, out.Outcome)
		}
	}
}

// TestRoutedRecipientIsNotServed: a mailbox that takes a whole domain does not take what
// Postfix sends on from there: nothing is decrypted for it, and it gets no clear copy.
func TestRoutedRecipientIsNotServed(t *testing.T) {
	h := newHouse(t, func(o *Options) {
		boxes := o.Ring.Mailboxes()
		boxes[0].Also = append(boxes[0].Also, "@firma.example")
		o.Ring = keyring.NewRing(boxes)
	})
	h.knows(h.anna)
	if !h.g.Serves("anybody@firma.example") {
		t.Fatal("the mailbox does not take its domain")
	}
	sealed := h.sealed(fromAnna, plainText, h.support)
	for _, to := range routed {
		if h.g.Serves(to) {
			t.Errorf("%s is served", to)
		}
		if out := h.process(inboundTo(to), sealed); leaves(out, "the secret text") {
			t.Errorf("%s gets it decrypted:\n%s", to, out.text)
		}
		env := outboundTo("anna@kunde.example", to)
		env.CanSplit = true
		if out := h.process(env, fromSupport("anna@kunde.example", "X-SMIME-Encrypt: yes\r\n"+plainText)); out.Disposition != Reject || leaves(out, "the secret text") {
			t.Errorf("%s gets a clear copy: %+v", to, out.Outcome)
		}
	}
}
