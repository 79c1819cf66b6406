package page

// This file turns what the gateway says into what templates draw.

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/certadmin"
	"sealgate/journal"
)

// chainLink is one certificate of a chain that is drawn, its owner's first.
type chainLink struct {
	Name  string
	Until time.Time // zero: not known
}

// drawn is a chain as far as it is known. The root stands there by its name: it comes with no mail.
func drawn(addresses []string, issuer string, chain []certadmin.Link) (list []chainLink) {
	list = append(list, chainLink{Name: strings.Join(addresses, ", ")})
	for _, l := range chain {
		list = append(list, chainLink{l.Subject, l.NotAfter})
		issuer = l.Issuer
	}
	if list[len(list)-1].Name != issuer {
		list = append(list, chainLink{Name: issuer})
	}
	return list
}

// seal is what S/MIME made of a message, in a word.
type seal struct {
	Word  string
	Class string // of the style sheet
}

// seals are those of a message.
func seals(r *journal.Record) (list []seal) {
	add := func(word string) {
		if word != "" && word != string(verdict.SignatureNone) {
			list = append(list, seal{word, sealClass(word)})
		}
	}
	add(r.Signature)
	add(r.Encryption)
	if r.SignedBy != "" {
		add("signed")
	}
	if len(r.EncryptedFor) > 0 {
		add("encrypted")
	}
	return list
}

func sealClass(word string) string {
	switch {
	case slices.Contains([]string{"valid", "decrypted", "signed", "encrypted"}, word):
		return "good"
	case slices.Contains([]string{"invalid", "revoked", "malformed"}, word):
		return "bad"
	}
	return "warn"
}

// trace is a text of the journal with the fingerprint in it.
type trace struct {
	Text        string
	Fingerprint string // "": there is none
}

// traced finds the fingerprint of a certificate in a text, and verdicts, which it says in words.
func traced(l Language, s string) (t trace) {
	var rest []string
	for _, one := range strings.Fields(s) {
		sum, err := hex.DecodeString(one)
		if err == nil && len(sum) == 32 {
			t.Fingerprint = one
			continue
		}
		rest = append(rest, word(l, "verdict", one))
	}
	t.Text = strings.Join(rest, " ")
	return t
}

// beyond is how many of a list are more than shown.
func beyond(list []string, shown int) int { return max(0, len(list)-shown) }

// short is the beginning of a fingerprint, enough for people to tell it from others.
func short(fingerprint string) string { return fingerprint[:min(len(fingerprint), 16)] }
