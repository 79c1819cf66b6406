package cms

// This file tells what the key in a certificate is for, and whether its curve is known.

import (
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"sealgate/internal/brainpool"
	"sealgate/internal/spki"
)

// keyAlgorithm returns the algorithm of the certificate's public key.
func keyAlgorithm(c *x509.Certificate) asn1.ObjectIdentifier {
	a, err := publicKeyAlgorithm(c)
	if err != nil {
		return nil
	}
	return a.id
}

// publicKeyAlgorithm returns it with its parameters.
func publicKeyAlgorithm(c *x509.Certificate) (algorithm, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return algorithm{}, fmt.Errorf("%w: the certificate's public key", ErrUnsupported)
	}
	return parseAlgorithm(info.Algorithm.FullBytes)
}

// knownCurve reports whether mail uses the curve. What crypto/x509 reads besides, P-224, is
// not.
func knownCurve(c elliptic.Curve) bool {
	return c == elliptic.P256() || c == elliptic.P384() || c == elliptic.P521() || brainpool.Is(c)
}

// IsRSA reports whether OAEP is a choice for the certificate's key.
func IsRSA(c *x509.Certificate) bool {
	if c == nil {
		return false
	}
	key, err := spki.PublicKey(c)
	_, ok := key.(*rsa.PublicKey)
	return err == nil && ok
}
