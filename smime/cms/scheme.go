// Which signature scheme a SignerInfo names, and whether a key has made the signature.

package cms

import (
	"crypto"
	//lint:ignore SA1019 read only, and always weak: old messages are signed so (RFC 3370 §3.1)
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

// signatureScheme is a signature algorithm with its parameters.
type signatureScheme struct {
	name   string  // "rsa-pkcs1", "rsa-pss", "ecdsa", "ed25519", "dsa"
	digest *digest // of what is signed; for ed25519 of the content
	mgf    *digest // rsa-pss
	salt   int     // rsa-pss, bytes
}

// scheme resolves signatureAlgorithm; rsaEncryption leaves the digest to
// digestAlgorithm (RFC 3370 §3.2).
func (s *SignerInfo) scheme() (signatureScheme, error) {
	named := contentDigest(s.digest.id)
	if named == nil {
		return signatureScheme{}, fmt.Errorf("%w: digest %v", ErrUnsupported, s.digest.id)
	}
	id := s.signatureAlgorithm.id
	switch {
	case id.Equal(oid.RSAEncryption):
		return signatureScheme{name: "rsa-pkcs1", digest: named}, nil
	case id.Equal(oid.Ed25519):
		return signatureScheme{name: "ed25519", digest: named}, nil
	case id.Equal(oid.DSA):
		return signatureScheme{name: "dsa", digest: named}, nil
	case id.Equal(oid.DSAWithSHA1):
		return signatureScheme{name: "dsa", digest: digestByOID(oid.SHA1)}, nil
	case id.Equal(oid.DSAWithSHA256):
		return signatureScheme{name: "dsa", digest: digestByOID(oid.SHA256)}, nil
	case id.Equal(oid.RSASSAPSS):
		return parsePSS(s.signatureAlgorithm.parameters)
	}
	if d := digestOfRSA(id); d != nil {
		return signatureScheme{name: "rsa-pkcs1", digest: d}, nil
	}
	if d := digestOfECDSA(id); d != nil {
		return signatureScheme{name: "ecdsa", digest: d}, nil
	}
	return signatureScheme{}, fmt.Errorf("%w: signature %v", ErrUnsupported, id)
}

// hashParameters reads what the parameters of PSS and OAEP begin with: SEQUENCE
// { [0] digest, [1] mask generation … }. Absent ones mean SHA-1 (RFC 4055 §3.1, §4.1).
func hashParameters(parameters []byte) (hash, mask *digest, rest cryptobyte.String, err error) {
	in := cryptobyte.String(parameters)
	var hashDER, maskDER cryptobyte.String
	var hasHash, hasMask bool
	if !in.ReadASN1(&rest, cbasn1.SEQUENCE) || !in.Empty() ||
		!rest.ReadOptionalASN1(&hashDER, &hasHash, explicit(0)) || !rest.ReadOptionalASN1(&maskDER, &hasMask, explicit(1)) {
		return nil, nil, nil, fmt.Errorf("%w: bad parameters of the algorithm", ErrMalformed)
	}
	if hash, err = optionalDigest(hashDER); err != nil {
		return nil, nil, nil, err
	}
	mask, err = maskDigestOf(maskDER)
	return hash, mask, rest, err
}

// parsePSS reads RSASSA-PSS-params, of which the rest is the salt's length, 20
// bytes when absent, and the trailer.
func parsePSS(parameters []byte) (s signatureScheme, err error) {
	s.name = "rsa-pss"
	var rest cryptobyte.String
	if s.digest, s.mgf, rest, err = hashParameters(parameters); err != nil {
		return s, err
	}
	var trailer int
	if !rest.ReadOptionalASN1Integer(&s.salt, explicit(2), 20) || !rest.ReadOptionalASN1Integer(&trailer, explicit(3), 1) ||
		!rest.Empty() || s.salt < 0 || s.salt > maxRSABits/8 ||
		trailer != 1 {
		return s, fmt.Errorf("%w: bad RSASSA-PSS parameters", ErrMalformed)
	}
	return s, nil
}

// optionalDigest reads a digest's AlgorithmIdentifier; absent is SHA-1.
func optionalDigest(raw []byte) (*digest, error) {
	if len(raw) == 0 {
		return digestByOID(oid.SHA1), nil
	}
	a, err := parseAlgorithm(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: bad digest in parameters", ErrMalformed)
	}
	if d := digestByOID(a.id); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("%w: digest %v", ErrUnsupported, a.id)
}

// maskDigestOf reads a mask generation function, which is always MGF1; absent is SHA-1.
func maskDigestOf(raw []byte) (*digest, error) {
	if len(raw) == 0 {
		return digestByOID(oid.SHA1), nil
	}
	a, err := parseAlgorithm(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: bad mask generation in parameters", ErrMalformed)
	}
	if !a.id.Equal(oid.MGF1) {
		return nil, fmt.Errorf("%w: mask generation %v", ErrUnsupported, a.id)
	}
	return optionalDigest(a.parameters)
}

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
		switch s.name {
		case "rsa-pss":
			if err := s.allowedBy(c); err != nil {
				return err
			}
			return verdict(verifyPSS(k, s, sum, signature))
		case "rsa-pkcs1":
			forPSS := keyAlgorithm(c).Equal(oid.RSASSAPSS) // RFC 4055 §1.2
			return verdict(!forPSS && verifyPKCS1(k, s.digest, sum, signature))
		}
	}
	return verdict(false)
}

// knownCurve: what crypto/x509 reads besides, P-224, is not used in mail.
func knownCurve(c elliptic.Curve) bool {
	return c == elliptic.P256() || c == elliptic.P384() || c == elliptic.P521()
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
