// Content encryption part by part.

package cms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"

	"sealgate/smime/cms/internal/chachastream"
	"sealgate/smime/cms/internal/gcmstream"
)

// maxPadding is in bytes.
const maxPadding = aes.BlockSize

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
	if c.aead() {
		return size
	}
	return size + aes.BlockSize - size%aes.BlockSize
}

// sealer encrypts one message part by part; all but the last are whole chunks.
type sealer interface {
	pad(last []byte) []byte
	encrypt(part []byte) error // in place
	mac() []byte               // nil for CBC; ends the message
}

func (c *cipherSpec) start(key, iv []byte) (sealer, error) {
	if c.kind == chacha {
		s, err := chachastream.New(key, iv, nil)
		return chachaSealer{s}, err
	}
	block, err := c.block(key)
	if err != nil {
		return nil, err
	}
	if c.kind == gcm {
		s, err := gcmstream.New(block, iv)
		return gcmSealer{s}, err
	}
	return cbcSealer{cipher.NewCBCEncrypter(block, iv)}, nil
}

type cbcSealer struct{ mode cipher.BlockMode }

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

func (g gcmSealer) pad(last []byte) []byte    { return last }
func (g gcmSealer) encrypt(part []byte) error { return g.Encrypt(part, part) }
func (g gcmSealer) mac() []byte {
	tag := g.Tag(nil) // no authAttrs: the content is id-data (RFC 5083 §2.1)
	return tag[:]
}

type chachaSealer struct{ *chachastream.Stream }

func (c chachaSealer) pad(last []byte) []byte    { return last }
func (c chachaSealer) encrypt(part []byte) error { return c.Encrypt(part, part) }
func (c chachaSealer) mac() []byte {
	tag := c.Tag()
	return tag[:]
}
