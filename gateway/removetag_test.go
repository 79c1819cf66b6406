package gateway

import (
	"strings"
	"testing"
)

// TestRemoveTag: a rule's tag is in no Subject that leaves, outside or protected inside, and
// what it asked for is done; without remove_tag it stays.
func TestRemoveTag(t *testing.T) {
	for _, remove := range []bool{true, false} {
		for name, set := range map[string]func(o *Options){
			"encrypted":         func(o *Options) { o.Rules[0].Encrypt = Yes },
			"signed":            func(o *Options) { o.Rules[0].Sign = Yes },
			"nothing":           func(*Options) {},
			"protected, signed": func(o *Options) { o.Rules[0].Sign = Yes; o.Outbound.HeaderProtection = ProtectSign },
			"hidden": func(o *Options) {
				o.Rules[0].Encrypt = Yes
				o.Outbound.HeaderProtection = ProtectHideSubject
			},
		} {
			h := newHouse(t, func(o *Options) { o.Rules = []Rule{{SubjectTag: "[Sicher]", RemoveTag: remove}} }, set)
			h.knows(h.anna)
			mail := strings.Replace(fromSupport("anna@kunde.example", plainText), "Subject: ", "DKIM-Signature: v=1\r\nSubject: [sicher] =?utf-8?q?gr=C3=BC=C3=9Fe?= ", 1)
			out := h.process(outboundTo("anna@kunde.example"), mail)
			if out.Disposition != Accept {
				t.Fatalf("%s: %+v", name, out.Outcome)
			}
			text := out.text[0]
			if name == "encrypted" && strings.Contains(text, "the secret text") {
				t.Errorf("%s: in clear", name)
			}
			inner := ""
			if name == "hidden" {
				inner, _, _ = h.readCopy(text, h.anna)
			}
			if left := strings.Contains(strings.ToLower(text+inner), "[sicher]"); name != "hidden" && left == remove || name == "hidden" && remove && left {
				t.Errorf("%s, remove_tag %v: the tag is left: %v\n%s", name, remove, left, text)
			}
			if gone := !strings.Contains(text, "DKIM-Signature"); name == "nothing" && gone != remove {
				t.Errorf("%s, remove_tag %v: DKIM-Signature gone %v", name, remove, gone)
			}
		}
	}
}
