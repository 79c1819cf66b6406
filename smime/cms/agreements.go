package cms

// This file has the key agreement algorithms (RFC 5753 §7.1, RFC 8418 §2.2) and the key wraps
// (RFC 3394, RFC 3217) that go with them, a row each for both directions.

import (
	"crypto"
	"crypto/aes"
	"encoding/asn1"

	"sealgate/smime/cms/internal/kdf"
	"sealgate/smime/cms/internal/keywrap"
	"sealgate/smime/cms/internal/oid"
)

// keyAgreement is a key agreement algorithm: a Diffie-Hellman on some kind of curve and
// the derivation of the key-encryption key.
type keyAgreement struct {
	name   string
	kdf    string // Recipient.KDF that asks for it; "": read, never written
	hash   crypto.Hash
	derive func(h crypto.Hash, z, ukm, info []byte, n int) ([]byte, error)
	key    asn1.ObjectIdentifier   // of the originator's key: the kind of curve
	ids    []asn1.ObjectIdentifier // all that are read; the first is written
	// advertised stands in OwnCapabilities.
	advertised bool
}

// keyAgreements: the cofactor variants are the same, since the cofactor of the
// NIST and brainpool curves is 1 (RFC 5753 §7.1.4, RFC 5639 §2.2). HKDF is for X25519 (RFC 8418); nobody writes it
// for another curve.
var keyAgreements = []keyAgreement{
	{
		"ecdh-sha-256", "sha-256", crypto.SHA256, x963, oid.ECPublicKey,
		[]asn1.ObjectIdentifier{oid.StdDHSHA256KDF, oid.CofactorSHA256KDF},
		true,
	},
	{
		"ecdh-sha-384", "sha-384", crypto.SHA384, x963, oid.ECPublicKey,
		[]asn1.ObjectIdentifier{oid.StdDHSHA384KDF, oid.CofactorSHA384KDF},
		true,
	},
	{
		"ecdh-sha-512", "sha-512", crypto.SHA512, x963, oid.ECPublicKey,
		[]asn1.ObjectIdentifier{oid.StdDHSHA512KDF, oid.CofactorSHA512KDF},
		true,
	},
	{
		"ecdh-sha-224", "", crypto.SHA224, x963, oid.ECPublicKey,
		[]asn1.ObjectIdentifier{oid.StdDHSHA224KDF, oid.CofactorSHA224KDF},
		false,
	},
	{
		"ecdh-sha-1", "", crypto.SHA1, x963, oid.ECPublicKey,
		[]asn1.ObjectIdentifier{oid.StdDHSHA1KDF, oid.CofactorSHA1KDF},
		false,
	},
	{
		"ecdh-hkdf-sha-256", "sha-256", crypto.SHA256, kdf.HKDF, oid.X25519,
		[]asn1.ObjectIdentifier{oid.StdDHHKDFSHA256},
		false,
	},
	{
		"ecdh-hkdf-sha-384", "sha-384", crypto.SHA384, kdf.HKDF, oid.X25519,
		[]asn1.ObjectIdentifier{oid.StdDHHKDFSHA384},
		false,
	},
	{
		"ecdh-hkdf-sha-512", "sha-512", crypto.SHA512, kdf.HKDF, oid.X25519,
		[]asn1.ObjectIdentifier{oid.StdDHHKDFSHA512},
		false,
	},
}

// x963 takes user keying material in the shared info alone (RFC 5753 §7.2).
func x963(h crypto.Hash, z, _, info []byte, n int) ([]byte, error) { return kdf.X963(h, z, info, n) }

func findAgreement(is func(*keyAgreement) bool) *keyAgreement {
	for i := range keyAgreements {
		if is(&keyAgreements[i]) {
			return &keyAgreements[i]
		}
	}
	return nil
}

// agreementFor returns nil for an unknown algorithm.
func agreementFor(id asn1.ObjectIdentifier) *keyAgreement {
	return findAgreement(func(a *keyAgreement) bool {
		for _, known := range a.ids {
			if known.Equal(id) {
				return true
			}
		}
		return false
	})
}

func agreementName(id asn1.ObjectIdentifier) string {
	if a := agreementFor(id); a != nil {
		return a.name
	}
	return id.String()
}

// keyEncryptionKey derives the key-encryption key from the shared secret z
// (RFC 5753 §7.2), for a key wrap whose AlgorithmIdentifier is wrap.
func (a *keyAgreement) keyEncryptionKey(z, wrap, ukm []byte, size int) ([]byte, error) {
	info, err := kdf.SharedInfo(wrap, ukm, size)
	if err != nil {
		return nil, err
	}
	return a.derive(a.hash, z, ukm, info, size)
}

// keyWrap is a key wrap algorithm.
type keyWrap struct {
	id      asn1.ObjectIdentifier
	keySize int                                         // bytes of the key-encryption key
	wrap    func(kek, key []byte) ([]byte, error)       // nil: read, never written
	unwrap  func(kek, encrypted []byte) ([]byte, error) // of another length than the key's for 3DES
}

var keyWraps = []keyWrap{
	{oid.AES128Wrap, 16, wrapAES, unwrapAES},
	{oid.AES192Wrap, 24, wrapAES, unwrapAES},
	{oid.AES256Wrap, 32, wrapAES, unwrapAES},
	{oid.TripleDESWrap, 24, nil, keywrap.UnwrapTripleDES},
}

// wrapFor returns nil for an unknown key wrap.
func wrapFor(id asn1.ObjectIdentifier) *keyWrap {
	for i := range keyWraps {
		if keyWraps[i].id.Equal(id) {
			return &keyWraps[i]
		}
	}
	return nil
}

// wrapToWrite returns the key wrap for a content key of n bytes, whose own key is as long
// (RFC 5753 §7.1.5); nil when there is none.
func wrapToWrite(n int) *keyWrap {
	for i := range keyWraps {
		if keyWraps[i].keySize == n && keyWraps[i].wrap != nil {
			return &keyWraps[i]
		}
	}
	return nil
}

func wrapAES(kek, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	return keywrap.Wrap(block, key)
}

func unwrapAES(kek, encrypted []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	return keywrap.Unwrap(block, encrypted)
}
