package cms

// This file checks a signer: its key and its algorithms.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"time"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

// Signer is one who signs, and what the signature says of itself.
type Signer struct {
	Certificate *x509.Certificate
	// Key is RSA of 2048 bits or more, ECDSA on P-256, P-384, P-521 or a brainpool curve
	// (RFC 5639), or Ed25519.
	Key crypto.Signer
	// Digest is one of SHA-256, SHA-384, SHA-512 and their SHA-3 kin; zero
	// means the one that fits the key. Ed25519 always takes SHA-512 (RFC 8419 §3).
	Digest crypto.Hash
	// PSS asks for RSASSA-PSS (RFC 4056) instead of PKCS #1 v1.5. A
	// certificate whose key is for PSS only implies it.
	PSS bool

	SigningTime           time.Time         // zero: not said
	Capabilities          []Capability      // nil: not said
	EncryptionCertificate *x509.Certificate // smimeEncryptionKeyPreference; nil: not said
}

var (
	errNoSigners = errors.New("cms: sign: 1 to 16 signers are needed, each with certificate and key")
	errSignKey   = errors.New(
		"this kind of key cannot sign mail; use RSA of 2048 bits or more, P-256, P-384, P-521, " +
			"brainpoolP256r1, P384r1 or P512r1, or Ed25519",
	)
	errWrongKey   = errors.New("the private key does not belong to it")
	errSignDigest = errors.New("this digest is not used for signing; use SHA-256, SHA-384, SHA-512 or SHA-3")
	errPSSOnly    = errors.New("a key other than RSA cannot make a PSS signature")
)

// check says what is wrong with key or algorithms.
func (s *Signer) check() error {
	public, err := spki.PublicKey(s.Certificate)
	if err != nil {
		return err
	}
	if own, ok := s.Key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !own.Equal(public) {
		return errWrongKey
	}
	if !IsSigningKey(s.Certificate) {
		return errSignKey
	}
	if k, ok := public.(*rsa.PublicKey); ok {
		if err := checkRSA(k); err != nil {
			return err
		}
	} else if s.PSS {
		return errPSSOnly
	}
	if signDigest(s.EffectiveDigest()) == nil {
		return errSignDigest
	}
	return nil
}

// IsSigningKey reports whether the certificate's key is of a kind that Sign signs with.
func IsSigningKey(c *x509.Certificate) bool {
	public, err := spki.PublicKey(c)
	if err != nil {
		return false
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		return !keyAlgorithm(c).Equal(oid.RSAESOAEP) // for encryption only (RFC 4055 §1.2)
	case *ecdsa.PublicKey:
		return knownCurve(k.Curve)
	case ed25519.PublicKey:
		return true
	}
	return false
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
	switch c.Params().BitSize {
	case 384:
		return crypto.SHA384
	case 512, 521:
		return crypto.SHA512
	}
	return crypto.SHA256
}
