// A signer: its key and algorithms checked, and its SignerInfo (RFC 5652 §5.3).
package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the digests that signDigests names
	_ "crypto/sha3"
	_ "crypto/sha512"
	"encoding/asn1"
	"fmt"
	"hash"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

// preparedSigner is a Signer whose key and algorithms are checked.
type preparedSigner struct {
	Signer
	digest crypto.Hash
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
		h := s.EffectiveDigest()
		out = append(out, &preparedSigner{Signer: s, digest: h, hash: h.New()})
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
		if c := k.Curve; c != elliptic.P256() && c != elliptic.P384() && c != elliptic.P521() {
			return errSignKey
		}
	case ed25519.PublicKey:
	default:
		return errSignKey
	}
	if _, isRSA := public.(*rsa.PublicKey); s.PSS && !isRSA {
		return errPSSOnly
	}
	if _, ok := signDigests[s.EffectiveDigest()]; !ok {
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
		derAlgorithm(signDigests[s.digest]),
		derSet(explicit(0), attributes...),
		algorithm, derOctets(signature)), nil
}

// sign signs the attributes and returns the signatureAlgorithm and the signature.
func (s *preparedSigner) sign(attributes []byte) (algorithm, signature []byte, err error) {
	var options crypto.SignerOpts = s.digest
	digest := func() []byte {
		h := s.digest.New()
		h.Write(attributes)
		return h.Sum(nil)
	}
	switch s.Key.Public().(type) {
	case ed25519.PublicKey: // signs the attributes themselves (RFC 8419 §3.1)
		signature, err = s.Key.Sign(rand.Reader, attributes, crypto.Hash(0))
		return derAlgorithm(oid.Ed25519), signature, err
	case *ecdsa.PublicKey:
		algorithm = derAlgorithm(ecdsaAlgorithms[s.digest])
	default:
		algorithm = derAlgorithm(oid.RSAEncryption, derNull) // RFC 3370 §3.2
		if s.PSS {
			algorithm = pssAlgorithm(s.digest)
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.digest}
		}
	}
	signature, err = s.Key.Sign(rand.Reader, digest(), options)
	return algorithm, signature, err
}

// signDigests are the digests that we sign with.
var signDigests = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA256: oid.SHA256, crypto.SHA384: oid.SHA384, crypto.SHA512: oid.SHA512,
	crypto.SHA3_256: oid.SHA3256, crypto.SHA3_384: oid.SHA3384, crypto.SHA3_512: oid.SHA3512,
}

var ecdsaAlgorithms = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA256: oid.ECDSAWithSHA256, crypto.SHA384: oid.ECDSAWithSHA384, crypto.SHA512: oid.ECDSAWithSHA512,
	crypto.SHA3_256: oid.ECDSAWithSHA3256, crypto.SHA3_384: oid.ECDSAWithSHA3384, crypto.SHA3_512: oid.ECDSAWithSHA3512,
}

// pssAlgorithm has MGF1 of the same digest and a salt as long as it (RFC 4056 §3).
func pssAlgorithm(h crypto.Hash) []byte {
	digest := maskDigest(h)
	return derAlgorithm(oid.RSASSAPSS, der(cbasn1.SEQUENCE,
		der(explicit(0), digest),
		der(explicit(1), derAlgorithm(oid.MGF1, digest)),
		der(explicit(2), derInt(int64(h.Size())))))
}

// maskDigest is a digest inside the parameters of PSS and OAEP, where SHA-2
// carries NULL (RFC 4055 §2.1) and SHA-3 nothing.
func maskDigest(h crypto.Hash) []byte {
	if h == crypto.SHA3_256 || h == crypto.SHA3_384 || h == crypto.SHA3_512 {
		return derAlgorithm(signDigests[h])
	}
	return derAlgorithm(signDigests[h], derNull)
}
