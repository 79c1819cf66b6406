package gateway

import (
	"strings"
	"testing"

	"sealgate/internal/encodedword"
)

// protectedText is an entity with a protected header (RFC 9788), hp="clear" as signed mail has it.
func protectedText(more string) string {
	return "From: Anna <anna@kunde.example>\r\nTo: support@firma.example\r\nSubject: the true one\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n" + more +
		"Content-Type: text/plain; charset=utf-8; hp=\"clear\"\r\n\r\nthe secret text\r\n"
}

const protectedDate = "Date: Tue, 24 Nov 2026 11:00:00 +0100\r\n" // the same moment

// TestProtectedSubjectIsDelivered: whoever sends a signed mail on with another
// Subject, or with two, does not get it into a valid mail.
func TestProtectedSubjectIsDelivered(t *testing.T) {
	for _, keep := range []bool{false, true} {
		h := newHouse(t, func(o *Options) { o.Inbound.KeepSignature = keep })
		good := h.signed(h.anna, fromAnna+protectedDate, protectedText(""))
		for name, c := range map[string]struct{ text, want string }{
			"forged":  {strings.Replace(good, "Subject: hello", "Subject: pay to DE00", 1), "the true one"},
			"twice":   {strings.Replace(good, "Subject: hello", "Subject: hello\r\nSubject: pay to DE00", 1), "the true one"},
			"missing": {strings.Replace(good, "Subject: hello\r\n", "", 1), "the true one"},
			"folded":  {strings.Replace(good, "Subject: hello", "Subject: the true\r\n one", 1), "the true one"},
			"broken":  {strings.Replace(good, "the secret text", "another text", 1), "hello"},
		} {
			text := h.process(toSupport, c.text).text[0]
			header, _, _ := strings.Cut(text, "\r\n\r\n")
			if got := h.header(text, "Subject"); got != c.want || strings.Count(header, "Subject:") != 1 || strings.Contains(header, "DE00") {
				t.Errorf("%s, keep %v: %q\n%s", name, keep, got, header)
			}
			if got := h.header(text, "X-SMIME-Signature"); (got == "valid") == (name == "broken") {
				t.Errorf("%s: %s", name, got)
			}
		}
		text := h.process(toSupport, h.signed(h.anna, fromAnna, protectedText("Subject: another\r\n"))).text[0]
		if got := h.header(text, "Subject"); got != "hello" { // of two, nobody knows which
			t.Errorf("two inside: %q", got)
		}
		empty := strings.Replace(protectedText(""), "the true one", "", 1)
		text = h.process(toSupport, h.signed(h.anna, "Subject: forged\r\n"+fromAnna, empty)).text[0]
		if f := h.entity(text).Get("Subject"); len(f) != 1 || f[0].Value() != "" {
			t.Errorf("an empty one inside: %q", f)
		}
	}
}

// TestHiddenSubjectIsForOwners: the copies for those whose keys do not open the mail
// do not tell it.
func TestHiddenSubjectIsForOwners(t *testing.T) {
	h := newHouse(t)
	inner := strings.Replace(protectedText("HP-Outer: Subject: hello\r\n"), "clear", "cipher", 1)
	mail := h.sealed(fromAnna, inner, h.support)
	for _, split := range []bool{true, false} {
		for _, other := range []string{"sales@firma.example", "stranger@other.example"} {
			env := inboundTo("support@firma.example", other)
			env.CanSplit = split
			out := h.process(env, mail)
			for i, d := range out.Deliveries {
				owner := len(d.To) == 1 && d.To[0] == "support@firma.example"
				if strings.Contains(out.text[i], "the true one") != owner {
					t.Errorf("split %v, for %v:\n%s", split, d.To, out.text[i])
				}
			}
		}
	}
}

// TestProtectedFieldsDiffer: what was changed outside is said, in the agent's language.
func TestProtectedFieldsDiffer(t *testing.T) {
	h := newHouse(t)
	germanFields := german.fields
	german := newHouse(t, func(o *Options) { o.Language = "de" })
	const more = "Cc: b@firma.example, A@firma.example\r\nReply-To: anna@kunde.example\r\n"
	outer := fromAnna + protectedDate + "Cc: x <a@firma.example>,\r\n b@firma.example\r\nReply-To: Anna <anna@kunde.example>\r\n"
	for name, c := range map[string]struct{ old, with string }{
		"":         {"", ""},
		"Reply-To": {"Reply-To: Anna <anna@", "Reply-To: Anna <b@"},
		"To":       {"\r\nTo: ", "\r\nTo: b@c.example, "},
		"Cc":       {"b@firma.example\r\n", "c@firma.example\r\n"},
		"Date":     {"11:00", "12:00"},
	} {
		for _, h := range []*house{h, german} {
			header := strings.Replace(outer, c.old, c.with, 1)
			for kind, text := range map[string]string{"signed": h.signed(h.anna, header, protectedText(more)), "encrypted": h.sealed(header, protectedText(more), h.support)} {
				status := encodedword.Decode(h.header(h.process(toSupport, text).text[0], "X-SMIME-Status"))
				said := strings.Count(status, "or is hidden outside") + strings.Count(status, "oder ist außen verborgen")
				if name == "" && said != 0 || name != "" && (said != 1 || !strings.Contains(status, english.fields[name]+" was") && !strings.Contains(status, germanFields[name]+" wurde")) {
					t.Errorf("%s, %s: %s", name, kind, status)
				}
			}
		}
	}
	for added, said := range map[string]bool{"Reply-To: anna@kunde.example\r\n": true, "Cc: c@d.example\r\n": true, "Cc: undisclosed-recipients:;\r\n": false} {
		status := h.header(h.process(toSupport, h.signed(h.anna, added+fromAnna+protectedDate, protectedText(""))).text[0], "X-SMIME-Status")
		if strings.Contains(status, "hidden outside") != said {
			t.Errorf("%q: %s", added, status)
		}
	}
	_, date, _ := strings.Cut(protectedText(""), "Date:")
	date, _, _ = strings.Cut(date, "\r\n")
	status := h.header(h.process(toSupport, h.signed(h.anna, fromAnna+protectedDate, strings.Replace(protectedText(""), "Date:"+date+"\r\n", "", 1))).text[0], "X-SMIME-Status")
	if strings.Contains(status, "hidden outside") {
		t.Errorf("a mail server added the Date: %s", status)
	}
	broken := strings.Replace(h.signed(h.anna, fromAnna, protectedText("")), "secret", "other", 1)
	if status = h.header(h.process(toSupport, broken).text[0], "X-SMIME-Status"); strings.Contains(status, "hidden outside") {
		t.Errorf("of a broken signature: %s", status)
	}
}
