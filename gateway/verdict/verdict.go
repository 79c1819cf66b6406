// Package verdict judges an opened message: whose signature decides, and what it is worth.
//
// It knows no settings and decides nothing about the mail: gateway does, by what it says.
package verdict

import (
	"context"
	"fmt"
	"time"

	"sealgate/smime/cms"
	"sealgate/trust"
)

// Note is worth a word beside the verdict.
type Note struct {
	About Topic
	Field string // for NoteProtected
	Until string // for NoteSHA1, the last day
}

// Topic is what a Note is about.
type Topic int

// The topics.
const (
	NoteSender       Topic = iota + 1 // Sender is another address than the signer's
	NoteReplyTo                       // Reply-To is
	NoteSigningTime                   // signing-time is far from Date
	NoteProtected                     // a field was protected, and is another one outside
	NoteSHA1                          // valid only because SHA-1 is accepted for this partner
	NoteLeftOut                       // something stood behind the S/MIME content, and is not shown
	NoteInner                         // a part of what was decrypted is encrypted once more
	NoteDomain                        // signed by the domain, not by the person
	NotePGPSigned                     // signed with OpenPGP, which is not checked
	NotePGPEncrypted                  // encrypted with OpenPGP, which is not opened
	NoteDamaged                       // a part says that it is S/MIME, and cannot be read
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
	case NoteSHA1:
		return "with the outdated SHA-1, which is accepted for this partner until " + n.Until
	case NoteLeftOut:
		return "text that was appended behind the protected content was left out"
	case NoteInner:
		return "a part inside is encrypted once more"
	case NoteDomain:
		return "signed by the gateway of its domain, not by the person"
	case NotePGPSigned:
		return "signed with OpenPGP, which is not checked"
	case NotePGPEncrypted:
		return "encrypted with OpenPGP, which is not opened"
	case NoteDamaged:
		return "a part that says it is S/MIME is damaged"
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

// Signer is what one SignerInfo is worth.
type Signer struct {
	Layer     int    // index into smime.Message.Layers
	Address   string // the address that counts: From when the certificate names it
	Signature cms.Signature
	Status    SignatureStatus
	Reason    string       // why it is not valid, in English
	Rule      Rule         // which check decided
	Remedy    string       // what would have made it valid; "" when it is
	Trust     trust.Result // how the certificate was judged; zero when it never came to that
	forFrom   bool         // the certificate names the From address, or speaks for its domain
}

// Trust judges one certificate; *trust.Checker is the one in use.
type Trust interface {
	Check(ctx context.Context, r trust.Request) trust.Result
}

// Verdict is what is said of one message.
type Verdict struct {
	Signature  SignatureStatus
	Encryption EncryptionStatus
	Reason     string // why Signature is not valid or the content not decrypted; "" when all is well
	Rule       Rule   // which check decided over Signature
	Remedy     string // what would have made it valid
	From       string // the one From address in normal form, "" when there is none or there are several
	FromErr    error  // why there is not one From address
	At         time.Time
	Cipher     string // of the innermost layer that was decrypted
	Signers    []Signer
	Signer     *Signer // the one that decided; nil when nobody signed what is shown
	Notes      []Note
	// Unauthenticated: decrypted from CBC without a valid signature inside, so
	// it could have been changed on the way (EFAIL).
	Unauthenticated bool
}

// Fault is our own, because of which the verdict is none; nil when there is none.
func (v *Verdict) Fault() error {
	for _, s := range v.Signers {
		if s.Trust.Fault != nil {
			return s.Trust.Fault
		}
	}
	return nil
}

// lower makes the verdict worse, never better.
func (v *Verdict) lower(s SignatureStatus, rule Rule, reason string) {
	if !s.worse(v.Signature) {
		return
	}
	v.Signature = s
	v.Rule = rule
	v.Reason = reason
	v.Remedy = remedies[rule]
}
