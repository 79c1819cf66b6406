package cms

// This file writes the SignerInfo of a signer (RFC 5652 §5.3).

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"hash"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

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

// signerInfo makes the SignerInfo (RFC 5652 §5.3), after all content was hashed.
func (s *preparedSigner) signerInfo() ([]byte, error) {
	attributes, err := s.attributes(s.hash.Sum(nil))
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
