package verdict

// This file judges each signature of a message by itself: first the mathematics, then the
// certificate.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// layer judges every SignerInfo of one signed layer.
func (v *Verdict) layer(ctx context.Context, m *smime.Message, i int, check Trust, at time.Time) {
	l := m.Layers[i]
	if !l.Signed() {
		return
	}
	check = eachOnce{check, map[string]trust.Result{}}
	for _, sig := range l.Signatures {
		s := Signer{Layer: i, Signature: sig}
		s.judge(
			ctx,
			trust.Request{
				Intermediates: l.Certificates,
				Address:       v.From,
				Purpose:       trust.Sign,
				At:            at,
				NoFetch:       Changeable(m.Layers[:i]),
			},
			check,
		)
		if l.Covers == smime.CoversCiphertext && SignaturePartial.worse(s.Status) {
			s.set(SignaturePartial, RuleCiphertext, "the signature covers only ciphertext, which anybody can sign")
		}
		v.Signers = append(v.Signers, s)
	}
}

// eachOnce judges each certificate of a layer once, however many signatures name it:
// the rest of the question is the same for all of them.
type eachOnce struct {
	Trust
	known map[string]trust.Result // by the certificate's octets
}

// Check implements Trust.
func (e eachOnce) Check(ctx context.Context, r trust.Request) trust.Result {
	res, ok := e.known[string(r.Certificate.Raw)]
	if !ok {
		res = e.Trust.Check(ctx, r)
		e.known[string(r.Certificate.Raw)] = res
	}
	return res
}

// judge fills in what the signature is worth.
func (s *Signer) judge(ctx context.Context, r trust.Request, check Trust) {
	sig := s.Signature
	s.name(r.Address)
	if sig.Err != nil {
		status, rule := fromSignatureError(sig.Err)
		s.set(status, rule, sig.Err.Error())
		return
	}
	r.Certificate = sig.Certificate
	s.Trust = check.Check(ctx, r)
	if s.Trust.ForDomain {
		s.forFrom = true
		s.Address = r.Address
	}
	s.Status = fromTrust(s.Trust.Status)
	s.Rule = s.Trust.Rule
	s.Reason = s.Trust.Reason
	s.Remedy = s.Trust.Remedy
	weak := s.weak()
	if len(weak) > 0 && SignatureWeak.worse(s.Status) {
		s.set(SignatureWeak, RuleAlgorithm, "weak algorithm: "+strings.Join(weak, ", "))
	}
	if s.forFrom || !SignatureMismatch.worse(s.Status) {
		return
	}
	reason := "the signer's certificate does not name the From address"
	if r.Address == "" {
		reason = noOneFrom
	}
	s.set(SignatureMismatch, RuleFrom, reason)
}

// weak is what is too weak in the signature: all that is weak, but for SHA-1 where that is
// accepted for the From address.
func (s *Signer) weak() []string {
	if s.Trust.SHA1Until.IsZero() || !s.forFrom {
		return s.Signature.Weak
	}
	return slices.DeleteFunc(slices.Clone(s.Signature.Weak), isSHA1)
}

// neededSHA1 reports whether the signature is valid only because SHA-1 is accepted.
func (s *Signer) neededSHA1() bool {
	return s.Status == SignatureValid && (s.Trust.NeededSHA1() || slices.ContainsFunc(s.Signature.Weak, isSHA1))
}

// isSHA1 reports whether a word of cms.Signature.Weak means the digest SHA-1.
func isSHA1(weak string) bool { return weak == "sha-1" }

// name finds the address that counts.
func (s *Signer) name(from string) {
	c := s.Signature.Certificate
	if c == nil {
		return
	}
	names := trust.Addresses(c)
	s.forFrom = from != "" && slices.Contains(names, from)
	s.Address = from
	if !s.forFrom {
		s.Address = trust.Listed(names)
	}
}

// set says what a check of this package found.
func (s *Signer) set(status SignatureStatus, rule Rule, reason string) {
	s.Status = status
	s.Rule = rule
	s.Reason = reason
	s.Remedy = remedies[rule]
}

// fromSignatureError sorts the errors of cms; what is not known is invalid.
func fromSignatureError(err error) (SignatureStatus, Rule) {
	switch {
	case errors.Is(err, cms.ErrNoCertificate):
		return SignatureUnchecked, RuleCertificate
	case errors.Is(err, cms.ErrTooCostly):
		return SignatureUnchecked, RuleCost
	case errors.Is(err, cms.ErrUnsupported):
		return SignatureUnchecked, RuleUnknown
	case errors.Is(err, cms.ErrUnread):
		return SignatureUnchecked, RuleUnread
	case errors.Is(err, cms.ErrMalformed):
		return SignatureMalformed, RuleStructure
	}
	return SignatureInvalid, RuleSignature
}

// Changeable reports whether a layer without a MAC was opened: what lies in it may be
// changed, though whoever did so cannot read it.
func Changeable(layers []smime.Layer) bool {
	return slices.ContainsFunc(layers, func(l smime.Layer) bool { return l.Type == smime.Enveloped && l.Err == nil })
}
