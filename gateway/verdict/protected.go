package verdict

// This file holds the header that the sender protected (RFC 9788) against the one
// outside, which anybody on the way can write.

import (
	"slices"

	"sealgate/smime"
)

// protected: another From than the protected one is a mismatch (RFC 9788 §3).
func (v *Verdict) protected(m *smime.Message) {
	if m.Protected == nil || v.Signature == SignatureNone {
		return
	}
	inner, err := FromAddress(m.Protected.Entity())
	if err != nil || inner != v.From {
		v.lower(SignatureMismatch, RuleInside, "the From inside the protected header is not the one outside")
	}
}

// HeedsProtected reports whether the protected header is worth more than the one outside: it was
// encrypted with the text, or a signature that may be believed covers both.
func (v *Verdict) HeedsProtected(m *smime.Message) bool {
	return m.Protected != nil &&
		(v.Encryption == EncryptionDecrypted || v.Signature != SignatureNone && SignaturePartial.worse(v.Signature))
}

// notedFields are the protected fields whose outer ones an agent acts on. The Subject
// is delivered as it was protected.
var notedFields = []string{"Reply-To", "To", "Cc", "Date"}

// differences notes what was changed outside, or hidden there by the sender.
func (v *Verdict) differences(m *smime.Message) {
	if !v.HeedsProtected(m) {
		return
	}
	inside := m.Protected.Entity()
	for _, name := range notedFields {
		same := sameAddresses
		if name == "Date" {
			same = sameDate
		}
		if !same(inside, m.Outer, name) {
			v.Notes = append(v.Notes, Note{About: NoteProtected, Field: name})
		}
	}
}

// sameAddresses compares by address: names and folding are changed on the way, and
// hidden by some senders.
func sameAddresses(a, b *smime.Entity, name string) bool {
	inA, okA := Addresses(a, name)
	inB, okB := Addresses(b, name)
	if !okA || !okB {
		return sameValues(a, b, name)
	}
	slices.Sort(inA)
	slices.Sort(inB)
	return slices.Equal(slices.Compact(inA), slices.Compact(inB))
}

// sameDate compares the moments; a mail server adds a Date where there is none.
func sameDate(a, b *smime.Entity, name string) bool {
	if len(a.Get(name)) == 0 {
		return true
	}
	dateA, errA := a.Date()
	dateB, errB := b.Date()
	if errA != nil || errB != nil || len(b.Get(name)) != 1 {
		return sameValues(a, b, name)
	}
	return dateA.Equal(dateB)
}

func sameValues(a, b *smime.Entity, name string) bool {
	return slices.EqualFunc(a.Get(name), b.Get(name), func(x, y smime.Field) bool { return x.Value() == y.Value() })
}
