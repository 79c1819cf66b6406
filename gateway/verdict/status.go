package verdict

// This file names what can be said of a message: the values of
// X-SMIME-Signature and X-SMIME-Encryption, and their order.

import (
	"sealgate/trust"
)

// SignatureStatus is a value of X-SMIME-Signature.
type SignatureStatus string

// The values, best to worst; None stands outside the order.
const (
	SignatureNone      SignatureStatus = "none"
	SignatureValid     SignatureStatus = "valid"
	SignatureExpired   SignatureStatus = "expired"
	SignatureUnchecked SignatureStatus = "unchecked"
	SignatureUntrusted SignatureStatus = "untrusted"
	SignatureWeak      SignatureStatus = "weak"
	SignaturePartial   SignatureStatus = "partial"
	SignatureMismatch  SignatureStatus = "mismatch"
	SignatureRevoked   SignatureStatus = "revoked"
	SignatureMalformed SignatureStatus = "malformed"
	SignatureInvalid   SignatureStatus = "invalid"
)

// rank orders the signature values: a higher rank is worse.
func (s SignatureStatus) rank() int {
	switch s {
	case SignatureNone:
		return 0
	case SignatureValid:
		return 1
	case SignatureExpired:
		return 2
	case SignatureUnchecked:
		return 3
	case SignatureUntrusted:
		return 4
	case SignatureWeak:
		return 5
	case SignaturePartial:
		return 6
	case SignatureMismatch:
		return 7
	case SignatureRevoked:
		return 8
	case SignatureMalformed:
		return 9
	default: // what we do not know is never good
		return 10
	}
}

// worse reports whether s is a worse verdict than t.
func (s SignatureStatus) worse(t SignatureStatus) bool { return s.rank() > t.rank() }

// fromTrust is the status that the certificate alone gives.
func fromTrust(s trust.Status) SignatureStatus {
	switch s {
	case trust.Valid:
		return SignatureValid
	case trust.Expired:
		return SignatureExpired
	case trust.Unchecked:
		return SignatureUnchecked
	case trust.Weak:
		return SignatureWeak
	case trust.Mismatch:
		return SignatureMismatch
	case trust.Revoked:
		return SignatureRevoked
	default:
		return SignatureUntrusted
	}
}

// EncryptionStatus is a value of X-SMIME-Encryption.
type EncryptionStatus string

// The values.
const (
	EncryptionNone          EncryptionStatus = "none"
	EncryptionDecrypted     EncryptionStatus = "decrypted"
	EncryptionUndecryptable EncryptionStatus = "undecryptable"
	EncryptionPartial       EncryptionStatus = "partial"
	EncryptionMalformed     EncryptionStatus = "malformed"
)

// IsSignatureStatus reports whether a value is one of X-SMIME-Signature.
func IsSignatureStatus(value string) bool {
	s := SignatureStatus(value)
	return s == SignatureInvalid || s.rank() < SignatureInvalid.rank()
}

// IsEncryptionStatus reports whether a value is one of X-SMIME-Encryption.
func IsEncryptionStatus(value string) bool {
	switch EncryptionStatus(value) {
	case EncryptionNone, EncryptionDecrypted, EncryptionUndecryptable, EncryptionPartial, EncryptionMalformed:
		return true
	}
	return false
}
