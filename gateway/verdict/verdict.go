// Package verdict judges an opened message: whose signature decides, and what it is worth.
//
// It knows no settings and decides nothing about the mail: gateway does, by what it says.
package verdict

import (
	"context"
	"errors"
	"slices"
	"time"

	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/trust"
)

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
	Signers    []Signer
	Signer     *Signer // the one that decided; nil when nobody signed what is shown
	Notes      []Note
	// Unauthenticated: decrypted from CBC without a valid signature inside, so
	// it could have been changed on the way (EFAIL).
	Unauthenticated bool
}

// Of gives the verdict over m at the time at. from overrides the From address of the
// message when it is not empty. A message without one From address is at best a mismatch.
func Of(ctx context.Context, m *smime.Message, from string, check Trust, at time.Time) *Verdict {
	v := &Verdict{Signature: SignatureNone, Encryption: EncryptionNone, From: from}
	var fromErr error
	if from == "" {
		v.From, fromErr = FromAddress(m.Outer)
	}
	v.encryption(m)
	for i := range m.Layers {
		v.layer(ctx, m, i, check, at)
	}
	v.decide(m)
	v.malformed(m)
	if fromErr != nil && v.Signature != SignatureNone {
		v.lower(SignatureMismatch, RuleFrom, noOneFrom)
	}
	if m.Ambiguous != nil && v.Signature != SignatureNone {
		v.lower(SignaturePartial, RuleReaders, m.Ambiguous.Error())
	}
	if m.NotMail != nil && v.Signature != SignatureNone {
		v.lower(SignaturePartial, RuleContent, m.NotMail.Error())
	}
	v.protected(m)
	v.notes(m, at)
	v.differences(m)
	v.Unauthenticated = v.Signature != SignatureValid && Changeable(m.Layers)
	return v
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

// encryption says what became of the encrypted layers.
func (v *Verdict) encryption(m *smime.Message) {
	for _, l := range m.Layers {
		if l.Encrypted() && l.Err == nil {
			v.Encryption = EncryptionDecrypted
		}
	}
	switch {
	case m.Undecryptable != nil:
		v.Encryption = EncryptionUndecryptable
	case v.Encryption == EncryptionNone && m.PartialEncrypted:
		v.Encryption = EncryptionPartial
	}
}

// Changeable reports whether a layer without a MAC was opened: what lies in it may be
// changed, though whoever did so cannot read it.
func Changeable(layers []smime.Layer) bool {
	return slices.ContainsFunc(layers, func(l smime.Layer) bool { return l.Type == smime.Enveloped && l.Err == nil })
}

// malformed says where S/MIME could not be read.
func (v *Verdict) malformed(m *smime.Message) {
	if m.Malformed == nil {
		return
	}
	last := smime.Layer{}
	if n := len(m.Layers); n > 0 {
		last = m.Layers[n-1]
	}
	if last.Encrypted() && last.Err != nil {
		v.Encryption = EncryptionMalformed
		v.Reason = m.Malformed.Error()
		return
	}
	status := SignatureMalformed
	rule := RuleStructure
	if errors.Is(m.Malformed, cms.ErrUnread) {
		status = SignatureUnchecked
		rule = RuleUnread
	}
	v.lower(status, rule, m.Malformed.Error())
	if v.Signer == nil && v.Signature == status {
		v.Reason = m.Malformed.Error() // the cause, of which "no signature" is the consequence
	}
}
