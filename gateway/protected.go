package gateway

// This file holds the header that the sender protected (RFC 9788) against the one
// outside, which anybody on the way can write.

import (
	"slices"

	"sealgate/smime"
)

// protected: another From than the protected one is a mismatch (RFC 9788 §3).
func (j *Judgement) protected(m *smime.Message) {
	if m.Protected == nil || j.Signature == SignatureNone {
		return
	}
	inner, err := FromAddress(m.Protected.Entity())
	if err != nil || inner != j.From {
		j.lower(SignatureMismatch, ruleFrom, "the From inside the protected header is not the one outside")
	}
}

// heeds tells whether the protected header is worth more than the one outside: it was
// encrypted with the text, or a signature that may be believed covers both.
func (j *Judgement) heeds(m *smime.Message) bool {
	return m.Protected != nil &&
		(j.Encryption == EncryptionDecrypted || j.Signature != SignatureNone && SignaturePartial.worse(j.Signature))
}

// notedFields are the protected fields whose outer ones an agent acts on. The Subject
// is delivered as it was protected.
var notedFields = []string{"Reply-To", "To", "Cc", "Date"}

// differences notes what was changed outside, or hidden there by the sender.
func (j *Judgement) differences(m *smime.Message) {
	if !j.heeds(m) {
		return
	}
	inside := m.Protected.Entity()
	for _, name := range notedFields {
		same := sameAddresses
		if name == "Date" {
			same = sameDate
		}
		if !same(inside, m.Outer, name) {
			j.Notes = append(j.Notes, noteProtected+name)
		}
	}
}

// sameAddresses compares by address: names and folding are changed on the way, and
// hidden by some senders.
func sameAddresses(a, b *smime.Entity, name string) bool {
	inA, okA := addressesIn(a, name)
	inB, okB := addressesIn(b, name)
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

// protectedSubject is the Subject that the sender protected, for the copies for which
// j was given: who cannot open the mail must not read a hidden one. Of several, nobody
// knows which is shown.
func (m *inboundMail) protectedSubject(j *Judgement) (string, bool) {
	if j != m.j || !j.heeds(m.opened) {
		return "", false
	}
	f := m.opened.Protected.Get("Subject")
	if len(f) != 1 {
		return "", false
	}
	return decodeWords(f[0].Value()), true
}
