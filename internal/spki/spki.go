// Package spki reads the public keys that crypto/x509 leaves out: RSA keys that
// are marked for PSS or OAEP only (RFC 4055 §1.2), and X25519 (RFC 8410).
package spki

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
)

// ErrUnsupported says that a public key is of no kind that we know.
var ErrUnsupported = errors.New("spki: unknown kind of public key")

var (
	idRSASSAPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	idRSAESOAEP = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
	idX25519    = asn1.ObjectIdentifier{1, 3, 101, 110}
)

// The lengths of an RSA key in bits that is used: a shorter one can be broken, a longer
// one is there to keep us busy.
const (
	MinRSA = 2048
	MaxRSA = 16384
)

// subjectPublicKeyInfo is SubjectPublicKeyInfo (RFC 5280 §4.1).
type subjectPublicKeyInfo struct {
	Algorithm struct {
		ID         asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	Key asn1.BitString
}

// PublicKey returns the certificate's public key: *rsa.PublicKey,
// *ecdsa.PublicKey, ed25519.PublicKey or, for X25519, *ecdh.PublicKey.
func PublicKey(c *x509.Certificate) (crypto.PublicKey, error) {
	if c.PublicKey != nil {
		return c.PublicKey, nil
	}
	info, err := readInfo(c)
	if err != nil {
		return nil, err
	}
	switch id := info.Algorithm.ID; {
	case id.Equal(idRSASSAPSS), id.Equal(idRSAESOAEP):
		return x509.ParsePKCS1PublicKey(info.Key.RightAlign())
	case id.Equal(idX25519):
		return x509.ParsePKIXPublicKey(c.RawSubjectPublicKeyInfo)
	}
	return nil, ErrUnsupported
}

func readInfo(c *x509.Certificate) (info subjectPublicKeyInfo, err error) {
	rest, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info)
	if err != nil || len(rest) > 0 {
		return info, errors.New("spki: malformed public key")
	}
	return info, nil
}
