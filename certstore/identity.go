package certstore

// This file says which certificates are one and the same.

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Identity is the SHA-256 of the certificate's TBSCertificate, all that its authority
// has signed (RFC 5280 §4.1.1). Whoever has a certificate can write what stands around
// it otherwise: n-s for s in an ECDSA signature, more octets behind it. It is valid as
// before and has another fingerprint, so no decision may hang on that one.
func Identity(c *x509.Certificate) [32]byte { return sha256.Sum256(c.RawTBSCertificate) }

// identityOf is Identity of a certificate in DER, which need not be readable otherwise.
func identityOf(der []byte) ([32]byte, error) {
	in := cryptobyte.String(der)
	var certificate, tbs cryptobyte.String
	if !in.ReadASN1(&certificate, asn1.SEQUENCE) || !in.Empty() || !certificate.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return [32]byte{}, fmt.Errorf("%w: it holds no certificate", ErrRecord)
	}
	return sha256.Sum256(tbs), nil
}
