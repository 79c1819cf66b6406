// RSA signatures by keys that crypto/rsa has nothing to do with.

package cms

import (
	"bytes"
	"crypto/rsa"
	"math/big"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// minGoRSA is where Go's crypto/rsa begins, in bits. What smaller keys sign is weak;
// whether the content was changed since is said all the same.
const minGoRSA = 1024

// verifyRSA is RSAVP1 (RFC 8017 §5.2.2), nil when the signature is out of range.
func verifyRSA(k *rsa.PublicKey, signature []byte) *big.Int {
	if len(signature) != k.Size() {
		return nil
	}
	m := new(big.Int).SetBytes(signature)
	if m.Cmp(k.N) >= 0 {
		return nil
	}
	return m.Exp(m, big.NewInt(int64(k.E)), k.N)
}

// verifyPKCS1 is RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2).
func verifyPKCS1(k *rsa.PublicKey, d *digest, sum, signature []byte) bool {
	if k.N.BitLen() >= minGoRSA {
		return rsa.VerifyPKCS1v15(k, d.hash, sum, signature) == nil
	}
	info := der(cbasn1.SEQUENCE, derAlgorithm(d.id, derNull), derOctets(sum))
	m := verifyRSA(k, signature)
	padding := k.Size() - len(info) - 3
	if m == nil || padding < 8 {
		return false
	}
	want := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, padding)...)
	want = append(append(want, 0), info...)
	return bytes.Equal(m.FillBytes(make([]byte, k.Size())), want)
}
