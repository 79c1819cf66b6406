package cms

// This file says what a signature proves.

import (
	"crypto/x509"
	"time"
)

// Signature is what one SignerInfo proves. Whether the certificate is to be
// trusted is not judged here.
type Signature struct {
	Certificate    *x509.Certificate // nil: neither in the message nor known, or cannot be parsed
	RawCertificate []byte            // also of one that cannot be parsed
	SID            string            // what names the certificate, for people

	Algorithm string // "rsa-pkcs1", "rsa-pss", "ecdsa", "ed25519", "dsa"; "" when unknown
	Digest    string // of the content: "sha-256" …; "" when unknown

	SigningTime           time.Time    // zero: not said
	Capabilities          []Capability // nil: not said, or not readable
	EncryptionCertificate *x509.Certificate

	Weak []string // "sha-1", "rsa-1024" …
	// Err is nil if digest and signature verify. It is an ErrSignature,
	// ErrUnsupported, ErrNoCertificate, ErrTooCostly or ErrMalformed.
	Err error
}
