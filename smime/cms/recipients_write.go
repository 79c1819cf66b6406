package cms

// This file encrypts the content key for each recipient, and writes RecipientInfo (RFC 5652 §6.2).

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

// Recipient is one who will be able to decrypt.
type Recipient struct {
	// Certificate is for RSA of 2048 bits or more, P-256, P-384, P-521, a brainpool curve
	// (RFC 5639) or X25519.
	Certificate *x509.Certificate
	OAEP        bool        // RSAES-OAEP (RFC 8017) instead of PKCS #1 v1.5
	OAEPHash    crypto.Hash // SHA-256 (also when zero), SHA-384 or SHA-512; MGF1 takes the same
	SKI         bool        // name the certificate by its subject key identifier
	// KDF is the digest of the key derivation for EC keys: "sha-256",
	// "sha-384", "sha-512", or "" for the one that fits the curve.
	KDF string
}

var (
	errNoRecipients = errors.New("cms: encrypt: 1 to 500 recipients are needed, each with a certificate")
	errNotRecipient = errors.New(
		"one cannot encrypt to this kind of key; it must be RSA of 2048 bits or more, P-256, P-384, P-521, " +
			"brainpoolP256r1, P384r1 or P512r1, or X25519",
	)
	errNoSKI     = errors.New("it has no subject key identifier")
	errOAEPHash  = errors.New("OAEP is written with SHA-256, SHA-384 or SHA-512 only")
	errKDF       = errors.New(`the key derivation's digest must be "sha-256", "sha-384" or "sha-512"`)
	errSelfOnly  = errors.New("encrypting to X25519 is off: no other implementation could be tried against it")
	errNoWrap    = errors.New("there is no key wrap for a content key of this length")
	errOAEPNoRSA = errors.New("OAEP was asked for, but its key is not RSA")
)

// recipientInfos encrypts the content key for all, and returns the version of
// the EnvelopedData around them (RFC 5652 §6.1).
func recipientInfos(
	ctx context.Context,
	recipients []Recipient,
	selfOnly bool,
	key []byte,
) (version int64, infos [][]byte, err error) {
	for _, r := range recipients {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		if r.Certificate == nil {
			return 0, nil, errNoRecipients
		}
		if !selfOnly && keyAlgorithm(r.Certificate).Equal(oid.X25519) {
			return 0, nil, &CertificateError{r.Certificate, errSelfOnly}
		}
		info, v, err := r.info(key)
		if err != nil {
			return 0, nil, &CertificateError{r.Certificate, err}
		}
		if v > 0 {
			version = 2
		}
		infos = append(infos, info)
	}
	return version, infos, nil
}

// CanEncryptTo returns nil when Encrypt can encrypt for the certificate, else the
// *CertificateError that Encrypt would return. It tries: nobody else decides.
func CanEncryptTo(c *x509.Certificate) error { return tryEncryption(c, false) }

// CanDecrypt returns nil when what others encrypt for the certificate can be decrypted with
// its key. Encrypt writes that, too, if EncryptOptions.SelfOnly asks for it.
func CanDecrypt(c *x509.Certificate) error { return tryEncryption(c, true) }

func tryEncryption(c *x509.Certificate, selfOnly bool) error {
	const anyKey = 16 // octets
	_, _, err := recipientInfos(context.Background(), []Recipient{{Certificate: c}}, selfOnly, make([]byte, anyKey))
	return err
}

// info returns the RecipientInfo and its version.
func (r *Recipient) info(key []byte) (info []byte, version int64, err error) {
	if r.SKI && len(r.Certificate.SubjectKeyId) == 0 {
		return nil, 0, errNoSKI
	}
	public, err := spki.PublicKey(r.Certificate)
	if err != nil {
		return nil, 0, err
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		return r.keyTransport(k, key)
	case *ecdsa.PublicKey:
		if !knownCurve(k.Curve) {
			return nil, 0, errNotRecipient
		}
		info, err = r.keyAgreement(k, oid.ECPublicKey, curveDigest(k.Curve), key)
		return info, 3, err
	case *ecdh.PublicKey: // X25519
		info, err = r.keyAgreement(k, oid.X25519, crypto.SHA256, key)
		return info, 3, err
	}
	return nil, 0, errNotRecipient
}

// keyTransport makes a KeyTransRecipientInfo (RFC 5652 §6.2.1).
func (r *Recipient) keyTransport(k *rsa.PublicKey, key []byte) (info []byte, version int64, err error) {
	if err := checkRSA(k); err != nil {
		return nil, 0, err
	}
	rid := issuerAndSerial(r.Certificate)
	if r.SKI {
		rid = der(implicit(0), r.Certificate.SubjectKeyId)
		version = 2
	}
	algorithm, encrypted, err := r.encryptRSA(k, key)
	if err != nil {
		return nil, 0, err
	}
	return der(cbasn1.SEQUENCE, derInt(version), rid, algorithm, derOctets(encrypted)), version, nil
}

func (r *Recipient) encryptRSA(k *rsa.PublicKey, key []byte) (algorithm, encrypted []byte, err error) {
	id := keyAlgorithm(r.Certificate)
	if id.Equal(oid.RSASSAPSS) {
		return nil, nil, errNotRecipient // for signatures only (RFC 4055 §1.2)
	}
	if !r.OAEP && !id.Equal(oid.RSAESOAEP) {
		//lint:ignore SA1019 what every reader reads (RFC 8551 §2.3)
		encrypted, err = rsa.EncryptPKCS1v15(rand.Reader, k, key)
		return derAlgorithm(oid.RSAEncryption, derNull), encrypted, err
	}
	h := r.OAEPHash
	if h == 0 {
		h = crypto.SHA256
	}
	if h != crypto.SHA256 && h != crypto.SHA384 && h != crypto.SHA512 {
		return nil, nil, errOAEPHash
	}
	encrypted, err = rsa.EncryptOAEP(h.New(), rand.Reader, k, key, nil)
	return derAlgorithm(oid.RSAESOAEP, oaepParameters(h)), encrypted, err
}

// keyAgreement makes a KeyAgreeRecipientInfo, ephemeral-static (RFC 5753 §3.1,
// RFC 8418 §3), for a kind of curve and the digest that fits it.
func (r *Recipient) keyAgreement(
	public crypto.PublicKey,
	kind asn1.ObjectIdentifier,
	fitting crypto.Hash,
	key []byte,
) ([]byte, error) {
	if r.OAEP {
		return nil, errOAEPNoRSA
	}
	algorithm := r.agreement(kind, fitting)
	if algorithm == nil {
		return nil, errKDF
	}
	ephemeral, z, err := agreeWith(public)
	if err != nil {
		return nil, err
	}
	wrap := wrapToWrite(len(key))
	if wrap == nil {
		return nil, errNoWrap
	}
	wrapID := derAlgorithm(wrap.id)
	kek, err := algorithm.keyEncryptionKey(z, wrapID, nil, wrap.keySize)
	if err != nil {
		return nil, err
	}
	wrapped, err := wrap.wrap(kek, key)
	if err != nil {
		return nil, err
	}
	point := append([]byte{0}, ephemeral...) // no unused bits
	originator := der(explicit(1), derAlgorithm(algorithm.key), der(cbasn1.BIT_STRING, point))
	return der(explicit(1),
		derInt(3),
		der(explicit(0), originator),
		derAlgorithm(algorithm.ids[0], wrapID),
		der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, r.agreementID(), derOctets(wrapped)))), nil
}

// agreementID is KeyAgreeRecipientIdentifier (RFC 5652 §6.2.2).
func (r *Recipient) agreementID() []byte {
	if r.SKI {
		return der(explicit(0), derOctets(r.Certificate.SubjectKeyId))
	}
	return issuerAndSerial(r.Certificate)
}

// agreement is the algorithm that is asked for, else the one with the digest that fits the
// curve (RFC 5753 §7.2); nil when there is none.
func (r *Recipient) agreement(kind asn1.ObjectIdentifier, fitting crypto.Hash) *keyAgreement {
	return findAgreement(func(a *keyAgreement) bool {
		return a.key.Equal(kind) && a.kdf != "" && (a.kdf == r.KDF || r.KDF == "" && a.hash == fitting)
	})
}
