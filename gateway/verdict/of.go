package verdict

// This file gives the verdict over an opened message.

import (
	"context"
	"errors"
	"time"

	"sealgate/smime"
	"sealgate/smime/cms"
)

// Of gives the verdict over m at the time at. from overrides the From address of the
// message when it is not empty. A message without one From address is at best a mismatch.
func Of(ctx context.Context, m *smime.Message, from string, check Trust, at time.Time) *Verdict {
	v := &Verdict{Signature: SignatureNone, Encryption: EncryptionNone, From: from, At: at}
	if from == "" {
		v.From, v.FromErr = FromAddress(m.Outer)
	}
	v.encryption(m)
	for i := range m.Layers {
		v.layer(ctx, m, i, check, at)
	}
	v.decide(m)
	v.malformed(m)
	if v.FromErr != nil && v.Signature != SignatureNone {
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
	if m.LeftOut && m.Inner != m.Outer {
		v.Notes = append(v.Notes, Note{About: NoteLeftOut})
	}
	v.unopened(m)
	v.Unauthenticated = v.Signature != SignatureValid && Changeable(m.Layers)
	return v
}

// encryption says what became of the encrypted layers.
func (v *Verdict) encryption(m *smime.Message) {
	for _, l := range m.Layers {
		if l.Encrypted() && l.Err == nil {
			v.Encryption = EncryptionDecrypted
			v.Cipher = l.Cipher
		}
	}
	switch {
	case m.Undecryptable != nil:
		v.Encryption = EncryptionUndecryptable
	case v.Encryption == EncryptionNone && m.PartialEncrypted:
		v.Encryption = EncryptionPartial
	}
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
