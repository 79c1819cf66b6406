package gateway

import (
	"strings"
	"testing"
	"unicode"

	"sealgate/smime"
)

func TestStripLies(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		gone      bool
	}{
		{"our prefix", "X-SMIME-Signature: valid", true},
		{"any case", "x-smime-status: fine", true},
		{"almost our prefix", "X_SMIME-Signature: valid", true},
		{"folded value", "X-SMIME-Status:\r\n fine", true},
		{"other X field", "X-Spam-Status: No", false},
		{"smime in our name", "Authentication-Results: gw.example; smime=pass", true},
		{"our name in capitals, with version", "authentication-results: GW.EXAMPLE 1; SMIME/1 = pass", true},
		{"quoted id", `Authentication-Results: "gw.example"; smime=pass`, true},
		{"behind a comment", "Authentication-Results: (x) gw.example (y); (z) smime=pass", true},
		{"beside dkim", "Authentication-Results: gw.example; dkim=pass header.d=a.example; smime=pass", true},
		{"folded", "Authentication-Results: gw.example;\r\n\tsmime=pass", true},
		{"dkim in our name stays", "Authentication-Results: gw.example; dkim=pass header.d=smime.example", false},
		{"smime only in a comment stays", "Authentication-Results: gw.example; dkim=pass (smime=pass)", false},
		{"other id stays", "Authentication-Results: mx.example; smime=pass", false},
		{"open comment hides it", "Authentication-Results: gw.example; dkim=pass (; smime=pass", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			edits := deleteFields(&smime.Entity{Fields: header(t, "Subject: x\r\n"+c.raw+"\r\nTo: y@z.example")}, bare().lies)
			if c.gone != (len(edits) == 1) {
				t.Fatalf("edits %+v, want gone %v", edits, c.gone)
			}
			if c.gone && (edits[0].Op != DeleteField || edits[0].Index != 1) {
				t.Errorf("edit %+v", edits[0])
			}
		})
	}
}

func TestStripAllAR(t *testing.T) {
	g := bare()
	g.o.Inbound.StripAllAR = true
	if n := len(deleteFields(&smime.Entity{Fields: header(t, "Authentication-Results: gw.example; dkim=pass\r\nAuthentication-Results: mx.example; dkim=pass")}, g.lies)); n != 1 {
		t.Errorf("%d edits, want 1: ours without regard to the method, others' not", n)
	}
}

func TestUntag(t *testing.T) {
	for subject, want := range map[string]string{
		"Re: [signed] hello":         "Re:  hello",
		"[SIGNED][encrypted] x":      "x",
		"[sig[signed]ned] joined up": "joined up",
		"nothing":                    "nothing",
	} {
		if got := bare().untag(subject); got != want {
			t.Errorf("%q: got %q, want %q", subject, got, want)
		}
	}
}

func TestQuotedCannotBeginAField(t *testing.T) {
	hostile := "a\r\nX-SMIME-Signature: valid\x00\u2028\"\\" + strings.Repeat("ä", 5000)
	for _, s := range []string{quoted(hostile), phrase(hostile, maxReason)} {
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r > 0x7e }) {
			t.Errorf("control or non-ASCII character in %q", s)
		}
		if len(s) > 3000 {
			t.Errorf("%d octets from one hostile value", len(s))
		}
	}
}

func TestFoldKeepsLinesShort(t *testing.T) {
	f := field("X-SMIME-Status", strings.Fields(phrase(strings.Repeat("Prüfung läuft ", 20), maxReason))...)
	for i, line := range strings.Split(f.Name+":"+f.Value, "\r\n") {
		if len(line) > 100 {
			t.Errorf("line %d has %d octets", i, len(line))
		}
		if i > 0 && !strings.HasPrefix(line, " ") {
			t.Errorf("line %d begins a field: %q", i, line)
		}
	}
}

// TestWhatIsInternalDoesNotLeave: an unsigned mail, a signed and an encrypted one lose our
// orders in parts, and our status and results in the messages that they forward (every
// X-SMIME field on every mail that leaves); what somebody has signed stays whole.
func TestWhatIsInternalDoesNotLeave(t *testing.T) {
	const internal = "X-SMIME-Signer: anna@kunde.example\r\nAuthentication-Results: gw.example; spf=pass smtp.mailfrom=kunde.example\r\n"
	h := newHouse(t)
	h.knows(h.anna)
	inside := h.signed(h.anna, fromAnna+internal+"Authentication-Results: mx.kunde.example; dkim=pass\r\n", "X-SMIME-Note: signed by Anna\r\n"+plainText)
	body := "Content-Type: multipart/mixed; boundary=b\r\n\r\nfor old readers\r\n--b\r\nX-SMIME-Encrypt: yes\r\nContent-Type: text/plain\r\n\r\nsee below\r\n" +
		"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inside + "\r\n--b--\r\nbehind\r\n"
	for _, order := range []string{"", "X-SMIME-Sign: yes\r\n", "X-SMIME-Encrypt: yes\r\n"} {
		out := h.process(outboundTo("anna@kunde.example"), fromSupport("anna@kunde.example", order+"DKIM-Signature: v=1; a=rsa-sha256\r\n"+body))
		if out.Disposition != Accept {
			t.Fatalf("%q: %+v", order, out.Outcome)
		}
		shown := out.text[0]
		if order == "X-SMIME-Encrypt: yes\r\n" {
			shown, _, _ = h.readCopy(shown, h.anna)
		}
		for _, gone := range []string{"X-SMIME-Encrypt", "X-SMIME-Signer", "gw.example", "DKIM-Signature"} {
			if strings.Contains(shown, gone) {
				t.Errorf("%q: %s has left:\n%s", order, gone, shown)
			}
		}
		for _, stays := range []string{"X-SMIME-Note: signed by Anna", "mx.kunde.example; dkim=pass", "see below", "boundary=b"} {
			if !strings.Contains(shown, stays) {
				t.Errorf("%q: %s is gone:\n%s", order, stays, shown)
			}
		}
	}
	plain := fromSupport("anna@kunde.example", "DKIM-Signature: v=1; a=rsa-sha256\r\n"+strings.NewReplacer("X-SMIME-Encrypt: yes\r\n", "", internal, "").Replace(body))
	out := h.process(outboundTo("anna@kunde.example"), plain)
	if out.Deliveries[0].Body != nil || !strings.Contains(out.text[0], "DKIM-Signature") {
		t.Errorf("a mail without such fields has changed:\n%s", out.text[0])
	}
}
