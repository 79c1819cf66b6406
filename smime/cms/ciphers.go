package cms

// This file has the content-encryption algorithms (RFC 3565, 5084, 8103; 3370 for the old ones), a
// row each.

import (
	"crypto/aes"
	"crypto/des"
	"errors"

	"sealgate/internal/rc2"
	"sealgate/smime/cms/internal/chachastream"
	"sealgate/smime/cms/internal/gcmstream"
	"sealgate/smime/cms/internal/oid"
)

var errCipher = errors.New("cms: encrypt: the cipher is not one of Ciphers()")

// cipherSpecs are all that are known, those that are written in the order in which we
// want to get them (RFC 8551 §2.5.2).
var cipherSpecs = []cipherSpec{
	{"aes-256-gcm", oid.AES256GCM, gcmMode{}, 32, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{"aes-192-gcm", oid.AES192GCM, gcmMode{}, 24, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{"aes-128-gcm", oid.AES128GCM, gcmMode{}, 16, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{
		"chacha20-poly1305", oid.ChaCha20Poly1305,
		chachaMode{},
		chachastream.KeySize, chachastream.NonceSize,
		chachastream.MaxSize, nil, false,
	},
	{"aes-256-cbc", oid.AES256CBC, cbcMode{}, 32, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"aes-192-cbc", oid.AES192CBC, cbcMode{}, 24, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"aes-128-cbc", oid.AES128CBC, cbcMode{}, 16, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"des-ede3-cbc", oid.TripleDESCBC, cbcMode{}, 24, des.BlockSize, maxCBC, des.NewTripleDESCipher, true},
	{"rc2-cbc", oid.RC2CBC, rc2Mode{}, 0, rc2.BlockSize, maxCBC, nil, true},
}

// defaultCipher is what Encrypt takes when nobody says: every reader reads it.
const defaultCipher = "aes-256-cbc"

// Ciphers returns the names of the content-encryption algorithms that Encrypt writes.
func Ciphers() (names []string) {
	for _, c := range cipherSpecs {
		if !c.weak {
			names = append(names, c.name)
		}
	}
	return names
}

// IsAuthenticated reports whether Encrypt writes AuthEnvelopedData (RFC 5083) with this
// one of Ciphers, and not EnvelopedData. For another name it is false.
func IsAuthenticated(cipher string) bool {
	c, err := cipherFor(cipher)
	return err == nil && c.mode.authenticates()
}

// cipherFor returns what Encrypt takes for the name.
func cipherFor(name string) (*cipherSpec, error) {
	if name == "" {
		name = defaultCipher
	}
	for i, c := range cipherSpecs {
		if c.name == name && !c.weak {
			return &cipherSpecs[i], nil
		}
	}
	return nil, errCipher
}

// parseCipher reads contentEncryptionAlgorithm; nil for an unknown one.
func parseCipher(a algorithm) (*contentCipher, error) {
	for i := range cipherSpecs {
		spec := &cipherSpecs[i]
		if spec.id.Equal(a.id) {
			c := &contentCipher{cipherSpec: spec, at: a.at, keySize: spec.keySize}
			return c, spec.mode.parse(c, a.parameters)
		}
	}
	return nil, nil
}
