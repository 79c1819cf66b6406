// A signer: its key and algorithms checked, and its SignerInfo (RFC 5652 §5.3).

package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"hash"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

// preparedSigner is a Signer whose key and algorithms are checked.
type preparedSigner struct {
	Signer
	digest *digest
	hash   hash.Hash
}

func prepareSigners(signers []Signer) ([]*preparedSigner, error) {
	var out []*preparedSigner
	for _, s := range signers {
		if s.Certificate == nil || s.Key == nil {
			return nil, errNoSigners
		}
		if err := s.check(); err != nil {
			return nil, &CertificateError{s.Certificate, err}
		}
		s.PSS = s.PSS || keyAlgorithm(s.Certificate).Equal(oid.RSASSAPSS)
		d := signDigest(s.EffectiveDigest())
		out = append(out, &preparedSigner{Signer: s, digest: d, hash: d.hash.New()})
	}
	return out, nil
}

// check says what is wrong with key or algorithms.
func (s *Signer) check() error {
	public, err := spki.PublicKey(s.Certificate)
	if err != nil {
		return err
	}
	if own, ok := s.Key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !own.Equal(public) {
		return errWrongKey
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		if err := checkRSA(k); err != nil {
			return err
		}
	case *ecdsa.PublicKey:
		if !knownCurve(k.Curve) {
			return errSignKey
		}
	case ed25519.PublicKey:
	default:
		return errSignKey
	}
	if _, isRSA := public.(*rsa.PublicKey); s.PSS && !isRSA {
		return errPSSOnly
	}
	if signDigest(s.EffectiveDigest()) == nil {
		return errSignDigest
	}
	return nil
}

// EffectiveDigest returns the digest that Sign takes for this signer, for the
// micalg parameter of multipart/signed.
func (s *Signer) EffectiveDigest() crypto.Hash {
	switch k := s.Key.Public().(type) {
	case ed25519.PublicKey:
		return crypto.SHA512 // RFC 8419 §3
	case *ecdsa.PublicKey:
		if s.Digest == 0 {
			return curveDigest(k.Curve)
		}
	}
	if s.Digest == 0 {
		return crypto.SHA256
	}
	return s.Digest
}

// curveDigest is the digest as strong as the curve (RFC 5753 §7.2, RFC 5754 §3.3).
func curveDigest(c elliptic.Curve) crypto.Hash {
	switch c {
	case elliptic.P384():
		return crypto.SHA384
	case elliptic.P521():
		return crypto.SHA512
	}
	return crypto.SHA256
}

// signerInfo makes the SignerInfo (RFC 5652 §5.3), after all content was hashed.
func (s *preparedSigner) signerInfo() ([]byte, error) {
	attributes, err := s.attributes()
	if err != nil {
		return nil, &CertificateError{s.Certificate, err}
	}
	algorithm, signature, err := s.sign(derSet(cbasn1.SET, attributes...))
	if err != nil {
		return nil, &CertificateError{s.Certificate, fmt.Errorf("its key does not sign: %w", err)}
	}
	return der(cbasn1.SEQUENCE,
		derInt(1), issuerAndSerial(s.Certificate),
		derAlgorithm(s.digest.id),
		derSet(explicit(0), attributes...),
		algorithm, derOctets(signature)), nil
}

// sign signs the attributes and returns the signatureAlgorithm and the signature.
func (s *preparedSigner) sign(attributes []byte) (algorithm, signature []byte, err error) {
	var options crypto.SignerOpts = s.digest.hash
	digest := func() []byte {
		h := s.digest.hash.New()
		h.Write(attributes)
		return h.Sum(nil)
	}
	switch s.Key.Public().(type) {
	case ed25519.PublicKey: // signs the attributes themselves (RFC 8419 §3.1)
		signature, err = s.Key.Sign(rand.Reader, attributes, crypto.Hash(0))
		return derAlgorithm(oid.Ed25519), signature, err
	case *ecdsa.PublicKey:
		algorithm = derAlgorithm(s.digest.ecdsa)
	default:
		algorithm = derAlgorithm(oid.RSAEncryption, derNull) // RFC 3370 §3.2
		if s.PSS {
			algorithm = pssAlgorithm(s.digest)
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.digest.hash}
		}
	}
	signature, err = s.Key.Sign(rand.Reader, digest(), options)
	return algorithm, signature, err
}

// pssAlgorithm has MGF1 of the same digest and a salt as long as it (RFC 4056 §3).
func pssAlgorithm(d *digest) []byte {
	id := maskDigest(d)
	return derAlgorithm(oid.RSASSAPSS, der(cbasn1.SEQUENCE,
		der(explicit(0), id),
		der(explicit(1), derAlgorithm(oid.MGF1, id)),
		der(explicit(2), derInt(int64(d.hash.Size())))))
}

// maskDigest is a digest inside the parameters of PSS and OAEP, where SHA-2
// carries NULL (RFC 4055 §2.1) and SHA-3 nothing.
func maskDigest(d *digest) []byte {
	if d.sha3() {
		return derAlgorithm(d.id)
	}
	return derAlgorithm(d.id, derNull)
}
