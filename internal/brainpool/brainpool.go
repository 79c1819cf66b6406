// Package brainpool has the curves brainpoolP256r1, P384r1 and P512r1 (RFC 5639), which
// crypto/x509 and crypto/ecdh do not know, and public keys on them in certificates.
// crypto/ecdsa verifies with them as they are.
//
// The arithmetic is math/big's and takes longer for some keys than for others
// (docs/security.md).
package brainpool

import (
	"crypto/elliptic"
	"encoding/asn1"

	"github.com/ProtonMail/go-crypto/brainpool"
)

// curve is one curve with its name in certificates (RFC 5639 §4.1).
type curve struct {
	id asn1.ObjectIdentifier
	elliptic.Curve
}

var curves = []curve{
	{asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 7}, brainpool.P256r1()},
	{asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 11}, brainpool.P384r1()},
	{asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 13}, brainpool.P512r1()},
}

// P256r1 is brainpoolP256r1 (RFC 5639 §3.4).
func P256r1() elliptic.Curve { return curves[0].Curve }

// P384r1 is brainpoolP384r1 (RFC 5639 §3.6).
func P384r1() elliptic.Curve { return curves[1].Curve }

// P512r1 is brainpoolP512r1 (RFC 5639 §3.7).
func P512r1() elliptic.Curve { return curves[2].Curve }

// Is reports whether c is one of the curves of this package.
func Is(c elliptic.Curve) bool { return idOf(c) != nil }

// idOf returns the name of the curve, nil if it is none of this package.
func idOf(c elliptic.Curve) asn1.ObjectIdentifier {
	for _, known := range curves {
		if known.Curve == c {
			return known.id
		}
	}
	return nil
}

// byID returns the curve of the name, nil if it is none of this package.
func byID(id asn1.ObjectIdentifier) elliptic.Curve {
	for _, known := range curves {
		if known.id.Equal(id) {
			return known.Curve
		}
	}
	return nil
}
