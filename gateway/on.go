package gateway

// This file is the failure table: what an admin wants done with each verdict.

import (
	"slices"

	"sealgate/gateway/verdict"
	"sealgate/internal/words"
	"sealgate/trust"
)

// Action is what is done with a mail of some verdict.
type Action string

// The actions of [on]. TagMail delivers with headers alone.
const (
	TagMail        Action = "tag"
	TextMail       Action = "text" // HTML parts as plain text
	QuarantineMail Action = "quarantine"
	RejectMail     Action = "reject"
	TempFailMail   Action = "tempfail"
)

// actionWords are all actions, the mildest first; tempfail is stricter than reject, since a mail
// that is not lost can still be rejected later.
var actionWords = []Action{TagMail, TextMail, QuarantineMail, RejectMail, TempFailMail}

// UnmarshalText reads an Action as configuration writes it.
func (a *Action) UnmarshalText(text []byte) error { return words.Set(a, text, actionWords...) }

// strictness orders the actions. One that is not known is the strictest: New lets none in.
func (a Action) strictness() int {
	if i := slices.Index(actionWords, a); i >= 0 {
		return i
	}
	return len(actionWords)
}

// Actions is the [on] section, by the names that Causes gives. A missing entry
// is TagMail.
type Actions map[string]Action

// signatureCauses are the entries of [on] for what a signature is worth; of one that is not
// checked, uncheckedCause says more.
var signatureCauses = map[verdict.SignatureStatus]string{
	verdict.SignatureInvalid:   "bad_signature",
	verdict.SignatureUntrusted: "untrusted",
	verdict.SignatureExpired:   "expired",
	verdict.SignatureRevoked:   "revoked",
	verdict.SignatureMismatch:  "mismatch",
	verdict.SignatureWeak:      "weak",
	verdict.SignaturePartial:   "partial",
	verdict.SignatureMalformed: "malformed",
}

// encryptionCauses are those for what became of encryption.
var encryptionCauses = map[verdict.EncryptionStatus]string{
	verdict.EncryptionUndecryptable: "undecryptable",
	verdict.EncryptionPartial:       "partial",
	verdict.EncryptionMalformed:     "malformed",
}

// causes are the entries of [on] that speak for v.
func causes(v *verdict.Verdict) (out []string) {
	if c, ok := signatureCauses[v.Signature]; ok {
		out = append(out, c)
	}
	if v.Signature == verdict.SignatureUnchecked {
		out = append(out, uncheckedCause(v))
	}
	if c, ok := encryptionCauses[v.Encryption]; ok {
		out = append(out, c)
	}
	if v.Unauthenticated {
		out = append(out, "unauthenticated")
	}
	return out
}

// uncheckedCause tells why nothing could be checked.
func uncheckedCause(v *verdict.Verdict) string {
	switch {
	case v.Rule == verdict.RuleUnread:
		return "unsupported"
	case v.Signer == nil || v.Signer.Signature.Certificate == nil:
		return "no_certificate"
	case v.Signer.Rule == trust.RuleRevocation:
		return "revocation_unknown"
	}
	return "unsupported"
}

// decision is the strictest action of all causes, and which cause asked for it.
type decision struct {
	action Action
	cause  string
}

// decide picks the strictest action, and reports whether HTML is to be shown as
// text (which goes along with quarantine).
func (a Actions) decide(v *verdict.Verdict) (d decision, text bool) {
	d.action = TagMail
	for _, c := range causes(v) {
		action, ok := a[c]
		if !ok {
			action = TagMail
		}
		text = text || action == TextMail
		if action.strictness() > d.action.strictness() {
			d = decision{action, c}
		}
	}
	return d, text
}
