package verdict

// This file picks the signature that counts.

import (
	"errors"
	"slices"

	"sealgate/smime"
	"sealgate/smime/cms"
)

// decide picks the signature that counts. The innermost signed layer over
// exactly the entity shown speaks; a broken signature of anybody is worse.
func (v *Verdict) decide(m *smime.Message) {
	deciding := v.decidingLayer(m)
	if deciding >= 0 {
		v.worstOf(m, deciding)
	}
	for _, s := range v.Signers {
		if s.Status == SignatureInvalid || s.Status == SignatureMalformed {
			v.lower(s.Status, s.Rule, s.Reason)
		}
	}
	if v.Signature == SignatureNone && m.PartialSigned {
		v.lower(SignaturePartial, RuleCoverage, "only a part of the message is signed")
	}
}

// decidingLayer is the innermost signed layer over what is shown that a signer
// of the From address made; else the innermost over what is shown, else the
// innermost signed one, else -1. A reply-all that signs over a quoted signed
// mail is its author's.
func (v *Verdict) decidingLayer(m *smime.Message) int {
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
		if len(v.signersIn(i, true)) > 0 {
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
func (v *Verdict) worstOf(m *smime.Message, layer int) {
	in := v.signersIn(layer, true)
	ofFrom := len(in) > 0
	if !ofFrom {
		in = v.signersIn(layer, false)
	}
	if len(in) == 0 && m.Layers[layer].Err == nil { // what cannot be read is told elsewhere
		v.lower(SignatureMalformed, RuleStructure, "signed data without a signature")
	}
	if len(in) == 0 {
		return
	}
	checked := slices.DeleteFunc(slices.Clone(in), unsupported)
	if ofFrom && len(checked) > 0 {
		in = checked
	}
	v.Signer = slices.MaxFunc(in, func(a, b *Signer) int { return a.Status.rank() - b.Status.rank() })
	v.Signature = v.Signer.Status
	v.Rule = v.Signer.Rule
	v.Reason = v.Signer.Reason
	v.Remedy = v.Signer.Remedy
}

// signersIn are the signers of a layer; ofFrom leaves out those whose certificate does
// not name the From address.
func (v *Verdict) signersIn(layer int, ofFrom bool) (in []*Signer) {
	for i := range v.Signers {
		s := &v.Signers[i]
		if s.Layer == layer && (s.forFrom || !ofFrom) {
			in = append(in, s)
		}
	}
	return in
}

func unsupported(s *Signer) bool { return errors.Is(s.Signature.Err, cms.ErrUnsupported) }
