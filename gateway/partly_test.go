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

// TestUnreadableIsExplained: S/MIME that is damaged, or no mail, is no empty ticket, neither as it
// came nor inside what was encrypted: a part says what it is, and it follows.
func TestUnreadableIsExplained(t *testing.T) {
	h := newHouse(t)
	for name, head := range map[string]string{
		"signed":    "smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQ==\r\n",
		"encrypted": "smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIACAQ==\r\n",
	} {
		damaged := "Content-Type: application/pkcs7-mime; " + head
		_, body, _ := strings.Cut(damaged, "\r\n\r\n")
		for _, explain := range []bool{true, false} {
			for where, mail := range map[string]string{"as it came": fromAnna + damaged, "inside": h.sealed(fromAnna, damaged, h.support)} {
				h := h.with(func(o *Options) { o.Inbound.ExplainPart = explain })
				text := h.process(toSupport, mail).text[0]
				said := strings.Contains(text, "Ask the sender to send") && strings.Contains(text, "The message follows here as it came.")
				if said != explain || !strings.Contains(text, body) {
					t.Errorf("%s, %s, explain_part %v:\n%s", name, where, explain, text)
				}
			}
		}
	}
}
