package gateway

// This file tells the situations apart that need sentences of their own: a status of a
// signature has several causes, and what an agent can do depends on the cause.

import (
	"errors"
	"strings"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/trust"
)

// situation is a status of a signature with its cause.
type situation string

// The situations, by status.
const (
	notSigned situation = "none"

	validSigned        situation = "valid"
	validNotAsked      situation = "valid, revocation unknown"
	expiredCertificate situation = "expired"
	expiredTooEarly    situation = "expired, not valid yet"
	expiredAuthority   situation = "expired, authority"

	uncheckedCertificate situation = "unchecked, no certificate"
	uncheckedRevocation  situation = "unchecked, revocation unknown"
	uncheckedCost        situation = "unchecked, too costly"
	uncheckedMethod      situation = "unchecked"

	untrustedIssuer  situation = "untrusted"
	untrustedPurpose situation = "untrusted, not for mail"
	untrustedBlocked situation = "untrusted, blocked"
	weakSigned       situation = "weak"

	partialSigned     situation = "partial"
	partialCiphertext situation = "partial, signed around ciphertext"
	partialReaders    situation = "partial, several readings"
	partialNotMail    situation = "partial, not a mail"

	mismatchOther      situation = "mismatch"
	mismatchNoAddress  situation = "mismatch, no address in the certificate"
	mismatchNoFrom     situation = "mismatch, no From"
	mismatchSeveral    situation = "mismatch, several From"
	mismatchUnreadable situation = "mismatch, unreadable From"
	mismatchInside     situation = "mismatch, another From inside"

	revokedCertificate situation = "revoked"
	malformedSigned    situation = "malformed"
	invalidSigned      situation = "invalid"
)

// situationOf finds the situation of a verdict.
func situationOf(v *verdict.Verdict) situation {
	switch v.Signature {
	case verdict.SignatureNone:
		return notSigned
	case verdict.SignatureValid:
		if v.Signer != nil && v.Signer.Trust.Revocation == trust.RevocationUnknown {
			return validNotAsked
		}
		return validSigned
	case verdict.SignatureExpired:
		return expiredSituation(v)
	case verdict.SignatureUnchecked:
		return uncheckedSituation(v)
	case verdict.SignatureUntrusted:
		return untrustedSituation(v)
	case verdict.SignatureWeak:
		return weakSigned
	case verdict.SignaturePartial:
		return partialSituation(v)
	case verdict.SignatureMismatch:
		return mismatchSituation(v)
	case verdict.SignatureRevoked:
		return revokedCertificate
	case verdict.SignatureMalformed:
		return malformedSigned
	}
	return invalidSigned
}

func expiredSituation(v *verdict.Verdict) situation {
	switch {
	case v.Signer == nil || v.Signer.Signature.Certificate == nil:
		return expiredAuthority
	case v.At.After(v.Signer.Signature.Certificate.NotAfter):
		return expiredCertificate
	case v.At.Before(v.Signer.Signature.Certificate.NotBefore):
		return expiredTooEarly
	}
	return expiredAuthority
}

func uncheckedSituation(v *verdict.Verdict) situation {
	switch v.Rule {
	case trust.RuleRevocation:
		return uncheckedRevocation
	case verdict.RuleCost:
		return uncheckedCost
	case verdict.RuleCertificate:
		return uncheckedCertificate
	}
	return uncheckedMethod
}

func untrustedSituation(v *verdict.Verdict) situation {
	switch v.Rule {
	case trust.RuleUsage:
		return untrustedPurpose
	case trust.RuleState:
		return untrustedBlocked
	}
	return untrustedIssuer
}

func partialSituation(v *verdict.Verdict) situation {
	switch v.Rule {
	case verdict.RuleCiphertext:
		return partialCiphertext
	case verdict.RuleReaders:
		return partialReaders
	case verdict.RuleContent:
		return partialNotMail
	}
	return partialSigned
}

func mismatchSituation(v *verdict.Verdict) situation {
	switch {
	case v.Rule == verdict.RuleInside:
		return mismatchInside
	case errors.Is(v.FromErr, verdict.ErrSeveralFrom):
		return mismatchSeveral
	case errors.Is(v.FromErr, verdict.ErrUnreadableFrom):
		return mismatchUnreadable
	case v.From == "":
		return mismatchNoFrom
	case v.Signer == nil || v.Signer.Address == "":
		return mismatchNoAddress
	}
	return mismatchOther
}

// signerAddress is whom the sentences name: who signed, or else who stands in From.
func signerAddress(v *verdict.Verdict) string {
	address := v.From
	if v.Signer != nil && v.Signer.Address != "" {
		address = strings.Join(strings.Fields(v.Signer.Address), ", ")
	}
	return clean(address, maxQuoted)
}

// dateIn is the date that the sentence of a situation names.
func dateIn(v *verdict.Verdict) time.Time {
	if v.Signer == nil || v.Signer.Signature.Certificate == nil {
		return time.Time{}
	}
	switch situationOf(v) {
	case expiredCertificate:
		return v.Signer.Signature.Certificate.NotAfter
	case expiredTooEarly:
		return v.Signer.Signature.Certificate.NotBefore
	case revokedCertificate:
		return v.Signer.Trust.Since
	}
	return time.Time{}
}
