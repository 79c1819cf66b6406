package cms

// This file bounds RSA keys, and verifies signatures by those that crypto/rsa refuses.

import (
	"bytes"
	"crypto/rsa"
	"errors"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/rsasig"
	"sealgate/internal/spki"
)

var (
	errRSASize     = errors.New("its RSA key has not 2048 to 16384 bits")
	errRSAExponent = errors.New("its RSA key has a bad public exponent")
)

// verifyPKCS1 is RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2).
func verifyPKCS1(k *rsa.PublicKey, d *digest, sum, signature []byte) bool {
	if k.N.BitLen() >= rsasig.MinStandard {
		return rsa.VerifyPKCS1v15(k, d.hash, sum, signature) == nil
	}
	info := der(cbasn1.SEQUENCE, derAlgorithm(d.id, derNull), derOctets(sum))
	m := rsasig.RSAVP1(k, signature)
	padding := k.Size() - len(info) - 3
	if m == nil || padding < 8 {
		return false
	}
	want := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, padding)...)
	want = append(append(want, 0), info...)
	return bytes.Equal(m.FillBytes(make([]byte, k.Size())), want)
}

// checkRSA refuses keys that do not protect: an exponent of 1 leaves the
// content key in clear.
func checkRSA(k *rsa.PublicKey) error {
	if bits := k.N.BitLen(); bits < spki.MinRSA || bits > spki.MaxRSA {
		return errRSASize
	}
	if k.E < 3 || k.E%2 == 0 {
		return errRSAExponent
	}
	return nil
}
