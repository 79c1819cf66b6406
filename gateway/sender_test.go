package gateway

// This file tests that who sends, and to which of our own mailboxes, is no way around a
// mailbox's default or an order.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sealgate/keyring"
)

// TestDefaultsHoldForAnyFrom: a mailbox's default to encrypt holds however From is
// written; in doubt the mail is refused.
func TestDefaultsHoldForAnyFrom(t *testing.T) {
	h := newHouse(t)
	h.ring[0].RecipientDelimiter = "+"
	h.o.Ring = keyring.NewRing(h.ring)
	h.o.Defaults = map[*keyring.Mailbox]Demand{h.ring[0]: {Encrypt: Yes}}
	var err error
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	h.knows(h.anna)
	for from, want := range map[string]int{
		"From: support@firma.example\r\n":                              250,
		"From: Support <SUPPORT@Firma.Example>\r\n":                    250,
		"From: support+ticket12@firma.example\r\n":                     250,
		"From: support@firma.example, sales@firma.example\r\n":         554,
		"From: Support <support@firma.example\r\n":                     554,
		"From: sales@firma.example\r\nFrom: support@firma.example\r\n": 554,
		"From: x@firma.example\r\nFrom : support@firma.example\r\n":    554,
		"From: Support\r\n": 554,
		"":                  554,
		"From: sales@firma.example\r\nReply-To: support@firma.example\r\n":      0, // sales has no default: in clear
		"From: sales@firma.example\r\nSubject: From: support@firma.example\r\n": 0,
	} {
		env := outboundTo("anna@kunde.example")
		out := h.process(env, from+"To: anna@kunde.example\r\nMIME-Version: 1.0\r\n"+plainText)
		if inClear := leaves(out, "the secret text"); inClear != (want == 0) || want == 554 && out.Reply.Code != 554 {
			t.Errorf("%q: %+v, in clear: %v", from, out.Outcome, inClear)
		}
	}
}

// lies are fields that claim what only we may say.
const lies = "Authentication-Results: gw.example; smime=pass body.smime-identifier=ceo@firma.example\r\nX-SMIME-Status: signed by the boss\r\n"

// TestInsideMailHasAStatus: what goes from the helpdesk to a mailbox of ours has the
// status fields of inbound mail, and nothing that lies.
func TestInsideMailHasAStatus(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Headers.TagValid = "[signed]" })
	for order, want := range map[string]string{"": "none", "X-SMIME-Sign: yes\r\n": "valid", "X-SMIME-Encrypt: yes\r\n": "none", "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n": "valid"} {
		text := fromSupport("sales@firma.example", order+lies+plainText)
		text = strings.Replace(text, "Subject: ", "Subject: [signed] ", 1)
		out := h.process(outboundTo("sales@firma.example"), text)
		if out.Disposition != Accept {
			t.Fatalf("%q: %+v", order, out.Outcome)
		}
		got := out.text[0]
		if h.header(got, "X-SMIME-Signature") != want || h.header(got, "X-SMIME-Encryption") != "none" || strings.Contains(got, "ceo@") || strings.Contains(got, "boss") || !strings.Contains(got, "the secret text") {
			t.Errorf("%q:\n%s", order, got)
		}
		if subject := h.header(got, "Subject"); subject != "re" {
			t.Errorf("%q: %q", order, subject)
		}
	}
}

// TestInsideBesideOutside: an order to sign is not lost on the copy that stays in the
// house, and neither copy has the fields of the other.
func TestInsideBesideOutside(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for order, sealed := range map[string]bool{"X-SMIME-Sign: yes\r\n": false, "X-SMIME-Sign: yes\r\nX-SMIME-Encrypt: yes\r\n": true} {
		text := fromSupport("anna@kunde.example, sales@firma.example", order+plainText)
		env := outboundTo("anna@kunde.example", "sales@firma.example")
		env.CanSplit = true
		out := h.process(env, text)
		if out.Disposition != Accept || len(out.text) != 2 {
			t.Fatalf("%q: %+v", order, out.Outcome)
		}
		inside := slices.IndexFunc(out.Deliveries, func(d Delivery) bool { return d.To[0] == "sales@firma.example" })
		if got := h.header(out.text[inside], "X-SMIME-Signature"); got != "valid" {
			t.Errorf("%q: inside %q", order, got)
		}
		if outside := out.text[1-inside]; strings.Contains(outside, "X-SMIME") || strings.Contains(outside, "the secret text") == sealed {
			t.Errorf("%q: outside\n%s", order, outside)
		}
	}
}

// TestHiddenMailboxInside: where there is one copy for all, no RecipientInfo tells of a
// mailbox of ours that the header does not name.
func TestHiddenMailboxInside(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Outbound.NextHopInbound = true })
	h.knows(h.anna)
	env := outboundTo("anna@kunde.example", "sales@firma.example")
	env.CanSplit = false
	for to, want := range map[string]Disposition{"anna@kunde.example": Reject, "anna@kunde.example, Sales@firma.example": Accept} {
		if out := h.process(env, fromSupport(to, "X-SMIME-Encrypt: yes\r\n"+plainText)); out.Disposition != want {
			t.Errorf("To: %s: %+v", to, out.Outcome)
		}
	}
}

// TestListed: whole addresses, twenty at most, in a reply line that is not too long.
func TestListed(t *testing.T) {
	for n, more := range map[int]string{1: "", 20: "", 21: " and 1 more", 60: " and 40 more"} {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("a%d@b.example", i))
		}
		got := recipientList(all).in(&english)
		if !strings.HasSuffix(got, all[min(n, 20)-1]+more) {
			t.Errorf("%d: %s", n, got)
		}
	}
	long := strings.Repeat("x", 80) + "@kunde.example"
	if got := recipientList(slices.Repeat([]string{long}, 30)).in(&english); got != long+", "+long+", "+long+" and 27 more" {
		t.Error(got)
	}
}

// TestReplyWithoutAngleBrackets is one to an encrypted mail all the same.
func TestReplyWithoutAngleBrackets(t *testing.T) {
	h := newHouse(t)
	h.knows(h.anna)
	for _, id := range []string{"<one@kunde.example>", "two@kunde.example"} {
		h.process(toSupport, h.sealed("Message-ID: "+id+"\r\n"+fromAnna, plainText, h.support))
		for _, field := range []string{"In-Reply-To: " + id, "References: " + id, "In-Reply-To: " + strings.Trim(id, "<>")} {
			if out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", field+"\r\n"+plainText)); leaves(out, "the secret text") {
				t.Errorf("%s: in clear", field)
			}
		}
	}
}

// TestCalendarFile: an attached one makes a mail no invitation.
func TestCalendarFile(t *testing.T) {
	h := newHouse(t)
	h.o.Defaults = map[*keyring.Mailbox]Demand{h.ring[0]: {Encrypt: Yes}}
	var err error
	if h.g, err = New(h.o); err != nil {
		t.Fatal(err)
	}
	h.knows(h.anna)
	mail := func(kind, disposition string) string {
		return fromSupport("anna@kunde.example", "Content-Type: multipart/"+kind+"; boundary=b\r\n\r\n--b\r\n"+plainText+"--b\r\nContent-Type: text/calendar; method=REQUEST\r\n"+disposition+"\r\nBEGIN:VCALENDAR\r\n--b--\r\n")
	}
	for text, inClear := range map[string]bool{mail("alternative", ""): true, mail("mixed", ""): true, mail("mixed", "Content-Disposition: attachment; filename=a.ics\r\n"): false} {
		if out := h.process(outboundTo("anna@kunde.example"), text); leaves(out, "the secret text") != inClear {
			t.Errorf("in clear, want %v:\n%s", inClear, text)
		}
	}
}
