package verdict

// This file notes what no signature covers, and what an attacker on the way could have
// changed.

import (
	"fmt"
	"slices"
	"time"

	"sealgate/smime"
	"sealgate/trust"
)

// Note is worth a word beside the verdict.
type Note struct {
	About Topic
	Field string // for NoteProtected
}

// Topic is what a Note is about.
type Topic int

// The topics.
const (
	NoteSender      Topic = iota + 1 // Sender is another address than the signer's
	NoteReplyTo                      // Reply-To is
	NoteSigningTime                  // signing-time is far from Date
	NoteProtected                    // a field was protected, and is another one outside
)

// Unprotected says of a decrypted mail that is Unauthenticated what that means.
const Unprotected = "The encryption did not protect the content against changes, and no valid signature does"

// String is the note in English, as the reason of a verdict is.
func (n Note) String() string {
	switch n.About {
	case NoteSender:
		return "sent for this address by another one"
	case NoteReplyTo:
		return "replies go to another address than the signer's"
	case NoteSigningTime:
		return "signed more than a day before or after the date of the mail"
	case NoteProtected:
		return n.Field + " is not what the sender protected"
	}
	return fmt.Sprintf("note %d", n.About)
}

// Remarks are the notes and what else is to be said beside the verdict, in English.
func (v *Verdict) Remarks() []string {
	var out []string
	for _, n := range v.Notes {
		out = append(out, n.String())
	}
	if v.Unauthenticated && v.Encryption == EncryptionDecrypted {
		out = append(out, Unprotected)
	}
	return out
}

// signingTimeSlack is how far signing-time and Date may be apart without a word.
const signingTimeSlack = 24 * time.Hour

// notes collects what no signature covers and an attacker could have changed.
func (v *Verdict) notes(m *smime.Message, at time.Time) {
	if v.Signer == nil || v.Signature != SignatureValid {
		return
	}
	names := trust.Addresses(v.Signer.Signature.Certificate)
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
	signed := v.Signer.Signature.SigningTime
	if !signed.IsZero() && dateOf(m.Outer, at).Sub(signed).Abs() > signingTimeSlack {
		v.Notes = append(v.Notes, Note{About: NoteSigningTime})
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
