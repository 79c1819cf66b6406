// The content-encryption algorithms that we write.
package cms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/asn1"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/chachastream"
	"sealgate/smime/cms/internal/gcmstream"
	"sealgate/smime/cms/internal/oid"
)

const (
	macSize    = 16 // bytes; the longest, RFC 5084 §3.2
	maxPadding = aes.BlockSize
)

// cipherSpec is one content-encryption algorithm.
type cipherSpec struct {
	name            string
	id              asn1.ObjectIdentifier
	keySize, ivSize int
	aead            bool
	maxSize         int64 // bytes of content under one key and IV
	parameters      func(iv []byte) []byte
	start           func(key, iv []byte) (sealer, error)
}

// maxCBC is where 2^32 blocks under one key end, half of what AES in CBC bears
// before two equal blocks become likely.
const maxCBC = 1 << 36

// writtenCiphers are in the order of preference for those who can read all.
var writtenCiphers = []cipherSpec{
	{"aes-256-cbc", oid.AES256CBC, 32, aes.BlockSize, false, maxCBC, derOctets, startCBC},
	{"aes-192-cbc", oid.AES192CBC, 24, aes.BlockSize, false, maxCBC, derOctets, startCBC},
	{"aes-128-cbc", oid.AES128CBC, 16, aes.BlockSize, false, maxCBC, derOctets, startCBC},
	{"aes-256-gcm", oid.AES256GCM, 32, 12, true, gcmstream.MaxSize, gcmParameters, startGCM},
	{"aes-192-gcm", oid.AES192GCM, 24, 12, true, gcmstream.MaxSize, gcmParameters, startGCM},
	{"aes-128-gcm", oid.AES128GCM, 16, 12, true, gcmstream.MaxSize, gcmParameters, startGCM},
	{"chacha20-poly1305", oid.ChaCha20Poly1305, 32, 12, true, chachastream.MaxSize, derOctets, startChaCha},
}

// Ciphers returns the names of the content-encryption algorithms that Encrypt writes.
func Ciphers() []string {
	var names []string
	for _, c := range writtenCiphers {
		names = append(names, c.name)
	}
	return names
}

func cipherFor(name string) (*cipherSpec, error) {
	if name == "" {
		name = "aes-256-cbc"
	}
	for i := range writtenCiphers {
		if writtenCiphers[i].name == name {
			return &writtenCiphers[i], nil
		}
	}
	return nil, errCipher
}

func (c *cipherSpec) checkSize(size int64) error {
	if size < 0 {
		return errNegative
	}
	if size > c.maxSize {
		return errTooMuch
	}
	return nil
}

// encryptedSize adds the padding of CBC (RFC 5652 §6.3).
func (c *cipherSpec) encryptedSize(size int64) int64 {
	if c.aead {
		return size
	}
	return size + aes.BlockSize - size%aes.BlockSize
}

// gcmParameters is GCMParameters (RFC 5084 §3.2): the nonce and the tag's
// length, whose default would be 12.
func gcmParameters(iv []byte) []byte {
	return der(cbasn1.SEQUENCE, derOctets(iv), derInt(macSize))
}

// sealer encrypts one message part by part; all but the last are whole chunks.
type sealer interface {
	pad(last []byte) []byte
	encrypt(part []byte) error // in place
	mac() []byte               // nil for CBC; ends the message
}

type cbcSealer struct{ mode cipher.BlockMode }

func startCBC(key, iv []byte) (sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cbcSealer{cipher.NewCBCEncrypter(block, iv)}, nil
}

func (c cbcSealer) pad(last []byte) []byte {
	n := aes.BlockSize - len(last)%aes.BlockSize
	return append(last, bytes.Repeat([]byte{byte(n)}, n)...)
}

func (c cbcSealer) encrypt(part []byte) error {
	c.mode.CryptBlocks(part, part)
	return nil
}

func (c cbcSealer) mac() []byte { return nil }

type gcmSealer struct{ *gcmstream.Stream }

func startGCM(key, iv []byte) (sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	s, err := gcmstream.New(block, iv)
	return gcmSealer{s}, err
}

func (g gcmSealer) pad(last []byte) []byte    { return last }
func (g gcmSealer) encrypt(part []byte) error { return g.Encrypt(part, part) }
func (g gcmSealer) mac() []byte {
	tag := g.Tag(nil) // no authAttrs: the content is id-data (RFC 5083 §2.1)
	return tag[:]
}

type chachaSealer struct{ *chachastream.Stream }

func startChaCha(key, iv []byte) (sealer, error) {
	s, err := chachastream.New(key, iv, nil)
	return chachaSealer{s}, err
}

func (c chachaSealer) pad(last []byte) []byte    { return last }
func (c chachaSealer) encrypt(part []byte) error { return c.Encrypt(part, part) }
func (c chachaSealer) mac() []byte {
	tag := c.Tag()
	return tag[:]
}
