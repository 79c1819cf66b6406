package gateway

// This file delivers mail of which only a part is encrypted.

import (
	"strings"
	"testing"
)

// TestPartlyEncryptedIsExplained: whose mailbox it is for reads why the part was not opened,
// in front of the mail as it came; nobody else's copy changes, nor does one that is shared
// with others or would become too large, and nothing where explain_part is off.
func TestPartlyEncryptedIsExplained(t *testing.T) {
	const support, other = "support@firma.example", "employee@firma.example"
	h := newHouse(t)
	mail := withFooter(h.sealed(fromAnna, plainText, h.support))
	size := int64(len(mail))
	for name, k := range map[string]struct {
		change   func(*Options)
		to       []string
		canSplit bool
		explains []bool // of each copy
	}{
		"a mailbox":                    {func(*Options) {}, []string{support}, false, []bool{true}},
		"two mailboxes":                {func(*Options) {}, []string{support, "sales@firma.example"}, false, []bool{true}},
		"beside others, copies":        {func(*Options) {}, []string{support, other}, true, []bool{true, false}},
		"beside others, one copy":      {func(*Options) {}, []string{support, other}, false, []bool{false}},
		"others alone":                 {func(*Options) {}, []string{other}, true, []bool{false}},
		"explain_part = false":         {func(o *Options) { o.Inbound.ExplainPart = false }, []string{support}, true, []bool{false}},
		"as large as may be":           {func(o *Options) { o.Limits.ResultSize = size + roomForExplanation }, []string{support}, true, []bool{true}},
		"one octet larger than may be": {func(o *Options) { o.Limits.ResultSize = size + roomForExplanation - 1 }, []string{support}, true, []bool{false}},
	} {
		h := newHouse(t, k.change)
		env := inboundTo(k.to...)
		env.CanSplit = k.canSplit
		out := h.process(env, mail)
		if len(out.text) != len(k.explains) {
			t.Errorf("%s: %d copies", name, len(out.text))
			continue
		}
		for i, text := range out.text {
			at := strings.Index(text, "The message follows here as it came.")
			came := strings.Index(text, "application/pkcs7-mime")
			if (at >= 0) != k.explains[i] || at > came || strings.Contains(text, "the secret text") {
				t.Errorf("%s, copy %d: explanation at %d, what came at %d", name, i, at, came)
			}
			_, was, _ := strings.Cut(mail, "\r\n\r\n")
			if !strings.Contains(text, was) {
				t.Errorf("%s, copy %d: not as it came", name, i)
			}
		}
	}
}
