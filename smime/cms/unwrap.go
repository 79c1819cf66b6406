package cms

// This file gets the content key out of a RecipientInfo.

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"

	"sealgate/smime/cms/internal/oid"
)

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

// known reports whether the algorithm is one that unwrap can undo.
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

// agree undoes key agreement (RFC 5753 §3.1, RFC 8418 §3).
func (r *RecipientInfo) agree(k DecryptionKey) ([]byte, error) {
	algorithm := agreementFor(r.management.id)
	if algorithm == nil || r.agreement.point == nil || algorithm.key.Equal(oid.X25519) && !k.isX25519() {
		return nil, ErrUnsupported
	}
	a, err := parseAlgorithm(r.management.parameters)
	if err != nil {
		return nil, err
	}
	wrap := wrapFor(a.id)
	if wrap == nil {
		return nil, ErrUnsupported
	}
	z, err := k.agree(r.agreement.point)
	if err != nil {
		return nil, err
	}
	kek, err := algorithm.keyEncryptionKey(z, a.raw, r.agreement.ukm, wrap.keySize)
	if err != nil {
		return nil, err
	}
	return wrap.unwrap(kek, r.encryptedKey)
}
