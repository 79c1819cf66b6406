package cms

// This file tells whether a key has made a signature, and what is weak in it.

import (
	"crypto"
	"crypto/dsa" // read only, and always weak: old messages are signed so (RFC 3370 §3.1)
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"sealgate/internal/rsasig"
	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

// check reports whether the certificate's key made signature over signed.
func (s signatureScheme) check(c *x509.Certificate, signed, signature []byte) error {
	key, err := spki.PublicKey(c)
	if err != nil {
		return fmt.Errorf("%w: the certificate's public key", ErrUnsupported)
	}
	if s.name == "ed25519" {
		k, ok := key.(ed25519.PublicKey)
		return verdict(ok && ed25519.Verify(k, signed, signature))
	}
	h := s.digest.hash.New()
	h.Write(signed)
	return s.checkSum(c, key, h.Sum(nil), signature)
}

// checkSum is check with the digest of what is signed.
func (s signatureScheme) checkSum(c *x509.Certificate, key crypto.PublicKey, sum, signature []byte) error {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if !knownCurve(k.Curve) {
			return fmt.Errorf("%w: curve %s", ErrUnsupported, k.Params().Name)
		}
		return verdict(s.name == "ecdsa" && ecdsa.VerifyASN1(k, sum, signature))
	case *dsa.PublicKey:
		return s.checkDSA(k, sum, signature)
	case *rsa.PublicKey:
		if err := readableRSA(k); err != nil {
			return err
		}
		switch id := keyAlgorithm(c); {
		case id.Equal(oid.RSAESOAEP): // for encryption only (RFC 4055 §1.2)
		case s.name == "rsa-pss":
			if err := s.allowedBy(c); err != nil {
				return err
			}
			return verdict(rsasig.VerifyPSS(k, s.pss(), sum, signature))
		case s.name == "rsa-pkcs1":
			forPSS := id.Equal(oid.RSASSAPSS) // RFC 4055 §1.2
			return verdict(!forPSS && verifyPKCS1(k, s.digest, sum, signature))
		}
	}
	return verdict(false)
}

// pss are the parameters of a signature with RSASSA-PSS.
func (s signatureScheme) pss() rsasig.PSS {
	return rsasig.PSS{Hash: s.digest.hash, MGF: s.mgf.hash, Salt: s.salt}
}

// allowedBy compares the parameters with those that a key for PSS only may be
// bound to: the same digests, and a salt not shorter (RFC 4055 §1.2, §3.3).
func (s signatureScheme) allowedBy(c *x509.Certificate) error {
	a, err := publicKeyAlgorithm(c)
	if err != nil || !a.id.Equal(oid.RSASSAPSS) || a.parameters == nil {
		return err
	}
	bound, err := parsePSS(a.parameters)
	if err != nil {
		return fmt.Errorf("%w: the certificate's RSASSA-PSS parameters", ErrUnsupported)
	}
	if s.digest != bound.digest || s.mgf != bound.mgf || s.salt < bound.salt {
		return fmt.Errorf("%w: the key is bound to other RSASSA-PSS parameters", ErrSignature)
	}
	return nil
}

// checkDSA is for messages of the last century; such a signature is always weak.
func (s signatureScheme) checkDSA(k *dsa.PublicKey, sum, signature []byte) error {
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &rs); err != nil || len(rest) > 0 || !dsaInBounds(k.P, k.Q) {
		return ErrSignature
	}
	sum = sum[:min(len(sum), (k.Q.BitLen()+7)/8)] // FIPS 186-3 §4.6
	return verdict(s.name == "dsa" && dsa.Verify(k, sum, rs.R, rs.S))
}

// dsaInBounds bounds what a verification costs, by the sizes of prime and order.
func dsaInBounds(p, q *big.Int) bool {
	return p.BitLen() <= maxDSABits && q.BitLen() <= maxDSAOrder
}

func verdict(ok bool) error {
	if ok {
		return nil
	}
	return ErrSignature
}

// readableRSA refuses keys that verify anything (an exponent of 1), and those that
// are too large to be worth the work.
func readableRSA(k *rsa.PublicKey) error {
	if k.E < 3 || k.E%2 == 0 {
		return fmt.Errorf("%w: the RSA key has a bad public exponent", ErrSignature)
	}
	if bits := k.N.BitLen(); bits > maxRSABits {
		return fmt.Errorf("%w: RSA key of %d bits", ErrUnsupported, bits)
	}
	return nil
}

// weakness names what is weak in the scheme with this key. The digest of a mask
// generation needs no resistance to collisions: SHA-1 is good enough there.
func (s signatureScheme) weakness(c *x509.Certificate, ofContent *digest) (weak []string) {
	for _, d := range []*digest{s.digest, ofContent} {
		if d != nil && d.weak && (len(weak) == 0 || weak[0] != d.name) {
			weak = append(weak, d.name)
		}
	}
	if s.name == "dsa" {
		weak = append(weak, "dsa")
	}
	if key, err := spki.PublicKey(c); err == nil {
		if k, ok := key.(*rsa.PublicKey); ok && k.N.BitLen() < spki.MinRSA {
			weak = append(weak, fmt.Sprintf("rsa-%d", k.N.BitLen()))
		}
	}
	return weak
}
