package gateway

import (
	"strings"
	"testing"
	"unicode"
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
			edits := bare().stripLies(header(t, "Subject: x\r\n"+c.raw+"\r\nTo: y@z.example"))
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
	if n := len(g.stripLies(header(t, "Authentication-Results: gw.example; dkim=pass\r\nAuthentication-Results: mx.example; dkim=pass"))); n != 1 {
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
