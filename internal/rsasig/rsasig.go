// Package rsasig verifies RSA signatures that crypto/rsa does not: RSASSA-PSS with any
// parameters, and what keys of few bits have signed.
package rsasig

import (
	"crypto/rsa"
	"math/big"
)

// MinStandard is where crypto/rsa begins, in bits. What smaller keys sign is weak; whether
// it was changed since can be said all the same.
const MinStandard = 1024

// RSAVP1 is what k makes of a signature (RFC 8017 §5.2.2), nil when that is out of range.
func RSAVP1(k *rsa.PublicKey, signature []byte) *big.Int {
	if len(signature) != k.Size() {
		return nil
	}
	m := new(big.Int).SetBytes(signature)
	if m.Cmp(k.N) >= 0 {
		return nil
	}
	return m.Exp(m, big.NewInt(int64(k.E)), k.N)
}
