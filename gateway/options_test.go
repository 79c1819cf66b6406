package gateway

// This file tests that a setting which is not set, or is none of its words, is refused.

import (
	"strings"
	"testing"
)

// TestForgottenSettingIsNotOff: a word that a list somewhere has and the engine has not
// became the weakest setting by a map's zero value once.
func TestForgottenSettingIsNotOff(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"Language":                      func(o *Options) { o.Language = "" },
		"Inbound.UnknownCA":             func(o *Options) { o.Inbound.UnknownCA = "" },
		"Inbound.OnKeyChange":           func(o *Options) { o.Inbound.OnKeyChange = "ask" },
		"Outbound.EncryptToSelf":        func(o *Options) { o.Outbound.EncryptToSelf = "maybe" },
		"Outbound.HeaderProtection":     func(o *Options) { o.Outbound.HeaderProtection = "hide-all" },
		"Outbound.ReplyToEncrypted":     func(o *Options) { o.Outbound.ReplyToEncrypted = Unset },
		"Outbound.AutoReplyToEncrypted": func(o *Options) { o.Outbound.AutoReplyToEncrypted = Unset },
		"Outbound.ForwardOfEncrypted":   func(o *Options) { o.Outbound.ForwardOfEncrypted = Unset },
		"On weak":                       func(o *Options) { o.On = Actions{"weak": "refuse"} },
	} {
		h := newHouse(t)
		o := h.o
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoDirection: a message without one must not pass as the wrong one.
func TestNoDirection(t *testing.T) {
	h := newHouse(t)
	for _, d := range []Direction{"", Auto} {
		env := Envelope{Direction: d, From: "a@b.example", To: []string{"c@d.example"}}
		msg := h.file("Subject: x\r\n\r\nx\r\n")
		out, err := h.g.Process(t.Context(), env, msg)
		msg.Close()
		if err == nil || out != nil {
			t.Errorf("direction %q: %+v", d, out)
		}
	}
}

func TestWordsAreRead(t *testing.T) {
	var s Strength
	for text, want := range map[string]Strength{"yes": Yes, "if-possible": IfPossible, "no": No, "off": No} {
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	if err := s.UnmarshalText([]byte("always")); err == nil {
		t.Error("an unknown strength is read")
	}
	var d Direction
	if err := d.UnmarshalText([]byte("sideways")); err == nil || d != "" {
		t.Errorf("%q, %v", d, err)
	}
}
