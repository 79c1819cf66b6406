package verdict

// This file notes what no signature covers, what an attacker on the way could have changed,
// and what is valid by an exception.

import (
	"slices"
	"time"

	"sealgate/smime"
	"sealgate/trust"
)

// signingTimeSlack is how far signing-time and Date may be apart without a word.
const signingTimeSlack = 24 * time.Hour

// notes collects what is worth a word beside a valid signature.
func (v *Verdict) notes(m *smime.Message, at time.Time) {
	if v.Signer == nil || v.Signature != SignatureValid {
		return
	}
	names := trust.Addresses(v.Signer.Signature.Certificate)
	if v.Signer.Trust.ForDomain {
		names = append(names, v.From)
		v.Notes = append(v.Notes, Note{About: NoteDomain})
	}
	elsewhere := func(field string) bool {
		list, ok := Addresses(m.Outer, field)
		return !ok || slices.ContainsFunc(list, func(a string) bool { return !slices.Contains(names, a) })
	}
	if elsewhere("Sender") {
		v.Notes = append(v.Notes, Note{About: NoteSender})
	}
	if elsewhere("Reply-To") {
		v.Notes = append(v.Notes, Note{About: NoteReplyTo})
	}
	if v.Signer.neededSHA1() {
		v.Notes = append(v.Notes, Note{About: NoteSHA1, Until: v.Signer.Trust.SHA1Until.Format(time.DateOnly)})
	}
	signed := v.Signer.Signature.SigningTime
	if !signed.IsZero() && dateOf(m.Outer, at).Sub(signed).Abs() > signingTimeSlack {
		v.Notes = append(v.Notes, Note{About: NoteSigningTime})
	}
}

// unopened notes what is encrypted or signed and was not looked into, and what cannot be.
func (v *Verdict) unopened(m *smime.Message) {
	if v.Encryption == EncryptionDecrypted && m.PartialEncrypted {
		v.Notes = append(v.Notes, Note{About: NoteInner})
	}
	if m.PartialDamaged {
		v.Notes = append(v.Notes, Note{About: NoteDamaged})
	}
	switch m.Inner.OpenPGP() {
	case smime.PGPSigned:
		v.Notes = append(v.Notes, Note{About: NotePGPSigned})
	case smime.PGPEncrypted:
		v.Notes = append(v.Notes, Note{About: NotePGPEncrypted})
	}
}

// dateOf is the message's date; without one that all readers find it is now, so that
// an old signature is not sent again unnoticed.
func dateOf(e *smime.Entity, now time.Time) time.Time {
	if date, err := e.Date(); err == nil && len(e.Get("Date")) == 1 {
		return date
	}
	return now
}
