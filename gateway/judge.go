package gateway

// This file gives the verdict over an opened message: whose signature decides,
// and what it is worth.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealgate/internal/address"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// SignerVerdict is what one SignerInfo is worth.
type SignerVerdict struct {
	Layer     int    // index into smime.Message.Layers
	Address   string // the address that counts: From when the certificate names it
	Signature cms.Signature
	Status    SignatureStatus
	Reason    string       // why it is not valid, in English
	Rule      string       // which check decided: one of this package, or of trust
	Remedy    string       // what would have made it valid; "" when it is
	Trust     trust.Result // how the certificate was judged; zero when it never came to that
	forFrom   bool         // the certificate names the From address
}

// Judgement is the verdict over one message.
type Judgement struct {
	Signature  SignatureStatus
	Encryption EncryptionStatus
	Reason     string // why Signature is not valid or the content not decrypted; "" when all is well
	Rule       string // which check decided over Signature
	Remedy     string // what would have made it valid
	From       string // the one From address in normal form, "" when there is none or there are several
	Signers    []SignerVerdict
	Signer     *SignerVerdict // the one that decided; nil when nobody signed what is shown
	Notes      []string       // worth a word: Reply-To elsewhere, an old signing-time, a field that was protected and changed
	Withheld   withheld       // why it was left as it came though a key may open it; "" when it was not
	// Unauthenticated: decrypted from CBC without a valid signature inside, so
	// it could have been changed on the way (EFAIL).
	Unauthenticated bool
}

// noOneFrom is why nobody can be the signer of a message.
const noOneFrom = "From is not exactly one address that can be read"

// FromAddress is the message's one From address in normal form. No field, more
// than one, or one with several addresses is an error: nobody can be its
// signer.
func FromAddress(e *smime.Entity) (string, error) {
	fields := e.Get("From")
	if len(fields) != 1 {
		return "", fmt.Errorf("gateway: %d From fields", len(fields))
	}
	list, err := address.ParseList(fields[0].Value())
	if err != nil {
		return "", fmt.Errorf("gateway: From cannot be read: %w", err)
	}
	if len(list) != 1 {
		return "", fmt.Errorf("gateway: %d addresses in From", len(list))
	}
	return list[0], nil
}

// fromAddresses are all addresses that can be read in From fields.
func fromAddresses(e *smime.Entity) (all []string) {
	for _, f := range e.Get("From") {
		if list, err := address.ParseList(f.Value()); err == nil {
			all = append(all, list...)
		}
	}
	return all
}

// Judge gives the verdict over m at the time at. from overrides the From
// address of the message when it is not empty. A nil error of FromAddress is
// not asked for: a message without one From address is at best a mismatch.
func Judge(ctx context.Context, m *smime.Message, from string, check Trust, at time.Time) *Judgement {
	j := &Judgement{Signature: SignatureNone, Encryption: EncryptionNone, From: from}
	var fromErr error
	if from == "" {
		j.From, fromErr = FromAddress(m.Outer)
	}
	j.encryption(m)
	for i := range m.Layers {
		j.layer(ctx, m, i, check, at)
	}
	j.decide(m)
	j.malformed(m)
	if fromErr != nil && j.Signature != SignatureNone {
		j.lower(SignatureMismatch, ruleFrom, noOneFrom)
	}
	if m.Ambiguous != nil && j.Signature != SignatureNone {
		j.lower(SignaturePartial, ruleReaders, m.Ambiguous.Error())
	}
	if m.NotMail != nil && j.Signature != SignatureNone {
		j.lower(SignaturePartial, ruleContent, m.NotMail.Error())
	}
	j.protected(m)
	j.notes(m, at)
	j.differences(m)
	j.Unauthenticated = j.Signature != SignatureValid && changeable(m.Layers)
	return j
}

// verdict is Judge by what the Gateway trusts, now. An error is our own fault.
func (g *Gateway) verdict(ctx context.Context, m *smime.Message, from string) (*Judgement, error) {
	j := Judge(ctx, m, from, g.o.Trust, g.o.Now())
	for _, s := range j.Signers {
		if s.Trust.Fault != nil {
			return nil, s.Trust.Fault
		}
	}
	return j, nil
}

// lower makes the verdict worse, never better.
func (j *Judgement) lower(s SignatureStatus, rule, reason string) {
	if s.worse(j.Signature) {
		j.Signature, j.Rule, j.Reason, j.Remedy = s, rule, reason, remedies[rule]
	}
}

// encryption says what became of the encrypted layers.
func (j *Judgement) encryption(m *smime.Message) {
	for _, l := range m.Layers {
		if l.Encrypted() && l.Err == nil {
			j.Encryption = EncryptionDecrypted
		}
	}
	switch {
	case m.Undecryptable != nil:
		j.Encryption = EncryptionUndecryptable
	case j.Encryption == EncryptionNone && m.PartialEncrypted:
		j.Encryption = EncryptionPartial
	}
}

// changeable tells whether a layer without a MAC was opened: what lies in it may be
// changed, though whoever did so cannot read it.
func changeable(layers []smime.Layer) bool {
	return slices.ContainsFunc(layers, func(l smime.Layer) bool { return l.Type == smime.Enveloped && l.Err == nil })
}

// layer judges every SignerInfo of one signed layer.
func (j *Judgement) layer(ctx context.Context, m *smime.Message, i int, check Trust, at time.Time) {
	l := m.Layers[i]
	if !l.Signed() {
		return
	}
	check = eachOnce{check, map[string]trust.Result{}}
	for _, s := range l.Signatures {
		v := SignerVerdict{Layer: i, Signature: s}
		v.judge(
			ctx,
			trust.Request{
				Intermediates: l.Certificates,
				Address:       j.From,
				Purpose:       trust.Sign,
				At:            at,
				NoFetch:       changeable(m.Layers[:i]),
			},
			check,
		)
		if l.Covers == smime.CoversCiphertext && SignaturePartial.worse(v.Status) {
			v.rule(SignaturePartial, ruleCoverage, "the signature covers only ciphertext, which anybody can sign")
		}
		j.Signers = append(j.Signers, v)
	}
}

// eachOnce judges each certificate of a layer once, however many signatures name it:
// the rest of the question is the same for all of them.
type eachOnce struct {
	Trust
	judged map[string]trust.Result // by the certificate's octets
}

// Check implements Trust.
func (e eachOnce) Check(ctx context.Context, r trust.Request) trust.Result {
	res, ok := e.judged[string(r.Certificate.Raw)]
	if !ok {
		res = e.Trust.Check(ctx, r)
		e.judged[string(r.Certificate.Raw)] = res
	}
	return res
}

// judge fills the verdict over one signature: first the mathematics, then the
// certificate.
func (v *SignerVerdict) judge(ctx context.Context, r trust.Request, check Trust) {
	s, from := v.Signature, r.Address
	r.Certificate = s.Certificate
	if s.Certificate != nil {
		names := trust.Addresses(s.Certificate)
		v.forFrom = from != "" && slices.Contains(names, from)
		v.Address = from
		if !v.forFrom {
			v.Address = trust.Listed(names)
		}
	}
	if s.Err != nil {
		status, rule := fromSignatureError(s.Err)
		v.rule(status, rule, s.Err.Error())
		return
	}
	v.Trust = check.Check(ctx, r)
	v.Status, v.Rule, v.Reason, v.Remedy = fromTrust(v.Trust.Status), v.Trust.Rule, v.Trust.Reason, v.Trust.Remedy
	if len(s.Weak) > 0 && SignatureWeak.worse(v.Status) {
		v.rule(SignatureWeak, ruleAlgorithm, "weak algorithm: "+strings.Join(s.Weak, ", "))
	}
	if v.forFrom || !SignatureMismatch.worse(v.Status) {
		return
	}
	reason := "the signer's certificate does not name the From address"
	if from == "" {
		reason = noOneFrom
	}
	v.rule(SignatureMismatch, ruleFrom, reason)
}

func (v *SignerVerdict) rule(s SignatureStatus, rule, reason string) {
	v.Status, v.Rule, v.Reason, v.Remedy = s, rule, reason, remedies[rule]
}

// fromSignatureError sorts the errors of cms; what is not known is invalid.
func fromSignatureError(err error) (s SignatureStatus, rule string) {
	switch {
	case errors.Is(err, cms.ErrNoCertificate):
		return SignatureUnchecked, ruleCertificate
	case errors.Is(err, cms.ErrTooCostly):
		return SignatureUnchecked, ruleCost
	case errors.Is(err, cms.ErrUnsupported):
		return SignatureUnchecked, ruleUnknown
	case errors.Is(err, cms.ErrUnread):
		return SignatureUnchecked, ruleUnread
	case errors.Is(err, cms.ErrMalformed):
		return SignatureMalformed, ruleStructure
	}
	return SignatureInvalid, ruleSignature
}

// decide picks the signature that counts. The innermost signed layer over
// exactly the entity shown speaks; a broken signature of anybody is worse.
func (j *Judgement) decide(m *smime.Message) {
	deciding := j.decidingLayer(m)
	if deciding >= 0 {
		j.worstOf(m, deciding)
	}
	for i := range j.Signers {
		v := &j.Signers[i]
		if v.Status == SignatureInvalid || v.Status == SignatureMalformed {
			j.lower(v.Status, v.Rule, v.Reason)
		}
	}
	if j.Signature == SignatureNone && m.PartialSigned {
		j.lower(SignaturePartial, ruleCoverage, "only a part of the message is signed")
	}
}

// decidingLayer is the innermost signed layer over what is shown that a signer
// of the From address made; else the innermost over what is shown, else the
// innermost signed one, else -1. A reply-all that signs over a quoted signed
// mail is its author's.
func (j *Judgement) decidingLayer(m *smime.Message) int {
	shown := -1
	signed := -1
	for i := len(m.Layers) - 1; i >= 0; i-- {
		if !m.Layers[i].Signed() {
			continue
		}
		if signed < 0 {
			signed = i
		}
		if m.Layers[i].Covers != smime.CoversShown {
			continue
		}
		if len(j.inLayer(i, true)) > 0 {
			return i
		}
		if shown < 0 {
			shown = i
		}
	}
	if shown >= 0 {
		return shown
	}
	return signed
}

// worstOf takes the worst signature of the From address in the layer. A
// SignerInfo of unknown algorithm beside a checked one of the same address is
// reported only. When none is of the From address, all of them count, and the
// result is at best a mismatch.
func (j *Judgement) worstOf(m *smime.Message, layer int) {
	in := j.inLayer(layer, true)
	mine := len(in) > 0
	if !mine {
		in = j.inLayer(layer, false)
	}
	if len(in) == 0 && m.Layers[layer].Err == nil { // what cannot be read is told elsewhere
		j.lower(SignatureMalformed, ruleStructure, "signed data without a signature")
	}
	if len(in) == 0 {
		return
	}
	if checked := slices.DeleteFunc(slices.Clone(in), unsupported); mine && len(checked) > 0 {
		in = checked
	}
	j.Signer = slices.MaxFunc(in, func(a, b *SignerVerdict) int { return a.Status.rank() - b.Status.rank() })
	j.Signature, j.Rule, j.Reason, j.Remedy = j.Signer.Status, j.Signer.Rule, j.Signer.Reason, j.Signer.Remedy
}

func (j *Judgement) inLayer(layer int, forFrom bool) (in []*SignerVerdict) {
	for i := range j.Signers {
		if v := &j.Signers[i]; v.Layer == layer && (v.forFrom || !forFrom) {
			in = append(in, v)
		}
	}
	return in
}

func unsupported(v *SignerVerdict) bool { return errors.Is(v.Signature.Err, cms.ErrUnsupported) }

// malformed says where S/MIME could not be read.
func (j *Judgement) malformed(m *smime.Message) {
	if m.Malformed == nil {
		return
	}
	last := smime.Layer{}
	if n := len(m.Layers); n > 0 {
		last = m.Layers[n-1]
	}
	if last.Encrypted() && last.Err != nil {
		j.Encryption, j.Reason = EncryptionMalformed, m.Malformed.Error()
		return
	}
	status, rule := SignatureMalformed, ruleStructure
	if errors.Is(m.Malformed, cms.ErrUnread) {
		status, rule = SignatureUnchecked, ruleUnread
	}
	j.lower(status, rule, m.Malformed.Error())
	if j.Signer == nil && j.Signature == status {
		j.Reason = m.Malformed.Error() // the cause, of which "no signature" is the consequence
	}
}

// signingTimeSlack is how far signing-time and Date may be apart without a word.
const signingTimeSlack = 24 * time.Hour

// notes collects what no signature covers and an attacker could have changed.
func (j *Judgement) notes(m *smime.Message, at time.Time) {
	if j.Signer == nil || j.Signature != SignatureValid {
		return
	}
	names := trust.Addresses(j.Signer.Signature.Certificate)
	elsewhere := func(field string) bool {
		list, ok := addressesIn(m.Outer, field)
		return !ok || slices.ContainsFunc(list, func(a string) bool { return !slices.Contains(names, a) })
	}
	if elsewhere("Sender") {
		j.Notes = append(j.Notes, noteSender)
	}
	if elsewhere("Reply-To") {
		j.Notes = append(j.Notes, noteReplyTo)
	}
	date := dateOf(m.Outer, at)
	if t := j.Signer.Signature.SigningTime; !t.IsZero() &&
		(date.Sub(t) > signingTimeSlack || t.Sub(date) > signingTimeSlack) {
		j.Notes = append(j.Notes, noteSigningTime)
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

// maxInField bounds the addresses of Reply-To, which are looked up.
const maxInField = 20

// addressesIn are the addresses of all fields of a name, in normal form. It is not ok
// when one cannot be read: other readers may find an address in it.
func addressesIn(e *smime.Entity, name string) (all []string, ok bool) {
	for _, f := range e.Get(name) {
		list, err := address.ParseList(f.Value())
		if all = append(all, list...); err != nil || len(all) > maxInField {
			return nil, false
		}
	}
	return all, true
}
