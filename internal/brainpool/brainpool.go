// Package brainpool has the curves brainpoolP256r1, P384r1 and P512r1 (RFC 5639), which
// crypto/x509 and crypto/ecdh do not know, with the keys on them. crypto/ecdsa verifies
// with them as they are.
//
// What is calculated with a private key takes the same time for all keys: the numbers are
// those of bigmod, which crypto/rsa calculates with, and one formula adds any two points.
package brainpool

import (
	"crypto/elliptic"
	"encoding/asn1"
)

// P256r1 is brainpoolP256r1 (RFC 5639 §3.4).
func P256r1() elliptic.Curve { return p256r1 }

// P384r1 is brainpoolP384r1 (RFC 5639 §3.6).
func P384r1() elliptic.Curve { return p384r1 }

// P512r1 is brainpoolP512r1 (RFC 5639 §3.7).
func P512r1() elliptic.Curve { return p512r1 }

// Is reports whether c is one of the curves of this package.
func Is(c elliptic.Curve) bool {
	_, ok := c.(*curve)
	return ok
}

// byID returns the curve of the name, nil if it is none of this package.
func byID(id asn1.ObjectIdentifier) *curve {
	for _, known := range []*curve{p256r1, p384r1, p512r1} {
		if known.id.Equal(id) {
			return known
		}
	}
	return nil
}
