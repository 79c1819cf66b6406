// The content key out of a RecipientInfo.

package cms

import (
	"crypto"
	"crypto/aes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/kdf"
	"sealgate/smime/cms/internal/keywrap"
	"sealgate/smime/cms/internal/oid"
)

// DecryptionKey is a private key with its certificate, by which RecipientInfos name it.
type DecryptionKey struct {
	Certificate *x509.Certificate
	// Key is a crypto.Decrypter for RSA; *ecdsa.PrivateKey, *ecdh.PrivateKey or
	// another with ECDH(*ecdh.PublicKey) ([]byte, error) for EC and X25519.
	Key crypto.PrivateKey
}

// ecdhKey is what key agreement needs of a private key.
type ecdhKey interface {
	ECDH(*ecdh.PublicKey) ([]byte, error)
}

// unwrap returns a content key of n bytes: the one in the RecipientInfo or,
// whatever is wrong with it, a random one, with which decryption goes on and
// fails (RFC 3218 §2.3.2).
func (r *RecipientInfo) unwrap(k DecryptionKey, n int) []byte {
	random := randomBytes(n)
	var key []byte
	var err error
	if r.agreement != nil {
		key, err = r.agree(k)
	} else {
		key, err = r.decryptKey(k, n)
	}
	if err != nil || len(key) != n {
		return random
	}
	return key
}

// known tells if the algorithm is one that unwrap can undo.
func (r *RecipientInfo) known() bool {
	if r.agreement != nil {
		return agreementFor(r.management.id) != nil && r.agreement.point != nil
	}
	return r.KeyManagement == "rsa-pkcs1" || r.KeyManagement == "rsa-oaep"
}

// decryptKey undoes key transport.
func (r *RecipientInfo) decryptKey(k DecryptionKey, n int) ([]byte, error) {
	private, ok := k.Key.(crypto.Decrypter)
	if !ok {
		return nil, ErrDecrypt
	}
	var options crypto.DecrypterOpts
	switch r.KeyManagement {
	case "rsa-pkcs1":
		// A random key for bad padding, chosen in constant time (Bleichenbacher).
		//lint:ignore SA1019 most S/MIME mail is sent with it
		options = &rsa.PKCS1v15DecryptOptions{SessionKeyLen: n}
	case "rsa-oaep":
		o, err := parseOAEP(r.management.parameters)
		if err != nil {
			return nil, err
		}
		options = o
	default:
		return nil, ErrUnsupported
	}
	return private.Decrypt(rand.Reader, r.encryptedKey, options)
}

// parseOAEP reads RSAES-OAEP-params (RFC 4055 §4.1), of which the rest is the
// source of the label, empty when absent.
func parseOAEP(parameters []byte) (*rsa.OAEPOptions, error) {
	digest, mask, rest, err := hashParameters(parameters)
	if err != nil {
		return nil, err
	}
	o := &rsa.OAEPOptions{Hash: digest.hash, MGFHash: mask.hash}
	var source cryptobyte.String
	var present bool
	if !rest.ReadOptionalASN1(&source, &present, explicit(2)) || !rest.Empty() {
		return nil, ErrMalformed
	}
	if !present {
		return o, nil
	}
	a, err := parseAlgorithm(source)
	if err != nil || !a.id.Equal(oid.PSpecified) {
		return nil, ErrMalformed
	}
	_, err = asn1.Unmarshal(a.parameters, &o.Label)
	return o, err
}

// keyAgreement is a key agreement algorithm that is read.
type keyAgreement struct {
	name   string
	hash   crypto.Hash
	derive func(h crypto.Hash, z, info []byte, n int) ([]byte, error)
	ids    []asn1.ObjectIdentifier

	onlyX25519 bool
}

// keyAgreements: the cofactor variants are the same, since the cofactor of the
// NIST curves is 1 (RFC 5753 §7.1.4). HKDF is for X25519 (RFC 8418); nobody writes it
// for another curve.
var keyAgreements = []keyAgreement{
	{"ecdh-sha-1", crypto.SHA1, kdf.X963, []asn1.ObjectIdentifier{oid.StdDHSHA1KDF, oid.CofactorSHA1KDF}, false},
	{"ecdh-sha-224", crypto.SHA224, kdf.X963, []asn1.ObjectIdentifier{oid.StdDHSHA224KDF, oid.CofactorSHA224KDF}, false},
	{"ecdh-sha-256", crypto.SHA256, kdf.X963, []asn1.ObjectIdentifier{oid.StdDHSHA256KDF, oid.CofactorSHA256KDF}, false},
	{"ecdh-sha-384", crypto.SHA384, kdf.X963, []asn1.ObjectIdentifier{oid.StdDHSHA384KDF, oid.CofactorSHA384KDF}, false},
	{"ecdh-sha-512", crypto.SHA512, kdf.X963, []asn1.ObjectIdentifier{oid.StdDHSHA512KDF, oid.CofactorSHA512KDF}, false},
	{"ecdh-hkdf-sha-256", crypto.SHA256, kdf.HKDF, []asn1.ObjectIdentifier{oid.StdDHHKDFSHA256}, true},
	{"ecdh-hkdf-sha-384", crypto.SHA384, kdf.HKDF, []asn1.ObjectIdentifier{oid.StdDHHKDFSHA384}, true},
	{"ecdh-hkdf-sha-512", crypto.SHA512, kdf.HKDF, []asn1.ObjectIdentifier{oid.StdDHHKDFSHA512}, true},
}

// agreementFor returns nil for an unknown algorithm.
func agreementFor(id asn1.ObjectIdentifier) *keyAgreement {
	for i := range keyAgreements {
		for _, have := range keyAgreements[i].ids {
			if have.Equal(id) {
				return &keyAgreements[i]
			}
		}
	}
	return nil
}

func agreementName(id asn1.ObjectIdentifier) string {
	if a := agreementFor(id); a != nil {
		return a.name
	}
	return id.String()
}

// agree undoes key agreement (RFC 5753 §3.1, RFC 8418 §3).
func (r *RecipientInfo) agree(k DecryptionKey) ([]byte, error) {
	algorithm := agreementFor(r.management.id)
	if algorithm == nil || r.agreement.point == nil || algorithm.onlyX25519 && !k.isX25519() {
		return nil, ErrUnsupported
	}
	wrap, err := parseAlgorithm(r.management.parameters)
	if err != nil {
		return nil, err
	}
	n, unwrap := keyWrap(wrap.id)
	if unwrap == nil {
		return nil, ErrUnsupported
	}
	z, err := k.sharedSecret(r.agreement.point)
	if err != nil {
		return nil, err
	}
	info, err := kdf.SharedInfo(wrap.raw, r.agreement.ukm, n)
	if err != nil {
		return nil, err
	}
	kek, err := algorithm.derive(algorithm.hash, z, info, n)
	if err != nil {
		return nil, err
	}
	return unwrap(kek, r.encryptedKey)
}

func (k DecryptionKey) isX25519() bool {
	public, err := spki.PublicKey(k.Certificate)
	if err != nil {
		return false
	}
	_, ok := public.(*ecdh.PublicKey)
	return ok
}

// sharedSecret takes a point only on the certificate's own curve.
func (k DecryptionKey) sharedSecret(point []byte) ([]byte, error) {
	public, err := spki.PublicKey(k.Certificate)
	if err != nil {
		return nil, err
	}
	private, _ := k.Key.(ecdhKey)
	if e, ok := k.Key.(*ecdsa.PrivateKey); ok {
		if private, err = e.ECDH(); err != nil {
			return nil, err
		}
	}
	var curve ecdh.Curve
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		own, err := p.ECDH()
		if err != nil {
			return nil, err
		}
		curve, point = own.Curve(), uncompressed(p.Curve, point)
	case *ecdh.PublicKey:
		curve = p.Curve()
	}
	if private == nil || curve == nil {
		return nil, ErrDecrypt
	}
	ephemeral, err := curve.NewPublicKey(point)
	if err != nil {
		return nil, err
	}
	return private.ECDH(ephemeral)
}

// uncompressed is the point in the form that crypto/ecdh reads; RFC 5753 §2.1 allows
// the compressed one too. What is no point stays, and is refused there.
func uncompressed(c elliptic.Curve, point []byte) []byte {
	x, y := elliptic.UnmarshalCompressed(c, point)
	if x == nil {
		return point
	}
	size := (c.Params().BitSize + 7) / 8
	out := make([]byte, 1+2*size)
	out[0] = 4
	x.FillBytes(out[1 : 1+size])
	y.FillBytes(out[1+size:])
	return out
}

// keyWrap returns the length in bytes of a key wrap's key, and its inverse.
func keyWrap(id asn1.ObjectIdentifier) (n int, unwrap func(kek, wrapped []byte) ([]byte, error)) {
	switch {
	case id.Equal(oid.AES128Wrap):
		return 16, unwrapAES
	case id.Equal(oid.AES192Wrap):
		return 24, unwrapAES
	case id.Equal(oid.AES256Wrap):
		return 32, unwrapAES
	case id.Equal(oid.TripleDESWrap):
		return 24, keywrap.UnwrapTripleDES
	}
	return 0, nil
}

func unwrapAES(kek, wrapped []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	return keywrap.Unwrap(block, wrapped)
}
