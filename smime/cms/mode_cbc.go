package cms

// This file does CBC (RFC 3565, RFC 3370 §5), the mode without authentication.

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/asn1"

	"sealgate/internal/rc2"
)

// cbcMode has the IV as its parameters.
type cbcMode struct{}

func (cbcMode) authenticates() bool         { return false }
func (cbcMode) parameters(iv []byte) []byte { return derOctets(iv) }

func (cbcMode) parse(c *contentCipher, parameters []byte) error { return c.parseIV(parameters) }

func (cbcMode) sealer(c *cipherSpec, key, iv []byte) (sealer, error) {
	block, err := c.block(key)
	if err != nil {
		return nil, err
	}
	return cbcSealer{cipher.NewCBCEncrypter(block, iv)}, nil
}

func (cbcMode) opener(c *contentCipher, m openedMessage) (opener, error) {
	block, err := c.block(m.key)
	if err != nil {
		return nil, err
	}
	return &cbcOpener{cipher.NewCBCDecrypter(block, c.iv)}, nil
}

// rc2Mode is CBC with RC2, which is read only: its parameters say how many bits of the
// key count.
type rc2Mode struct{ cbcMode }

// parse reads RC2-CBC's parameters (RFC 3370 §5.2): the version says how many bits of
// the key count, 32 if it is absent.
func (rc2Mode) parse(c *contentCipher, parameters []byte) error {
	var p struct {
		Version int
		IV      []byte
	}
	if _, err := asn1.Unmarshal(parameters, &c.iv); err == nil {
		c.rc2Bits = 32
	} else if rest, err := asn1.Unmarshal(parameters, &p); err != nil || len(rest) > 0 {
		return c.bad("parameters")
	} else if bits, ok := rc2.EffectiveBits(p.Version); !ok {
		return c.bad("version")
	} else {
		c.iv = p.IV
		c.rc2Bits = bits
	}
	if len(c.iv) != c.ivSize {
		return c.bad("IV")
	}
	c.keySize = (c.rc2Bits + 7) / 8
	return nil
}

func (rc2Mode) opener(c *contentCipher, m openedMessage) (opener, error) {
	block, err := rc2.New(m.key, c.rc2Bits)
	if err != nil {
		return nil, err
	}
	return &cbcOpener{cipher.NewCBCDecrypter(block, c.iv)}, nil
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

type cbcOpener struct{ mode cipher.BlockMode }

func (c *cbcOpener) blockSize() int { return c.mode.BlockSize() }

func (c *cbcOpener) decrypt(part []byte) error {
	c.mode.CryptBlocks(part, part)
	return nil
}

// finish takes the padding off (RFC 5652 §6.3), looking at all of the block
// whatever is in it.
func (c *cbcOpener) finish(tail []byte) ([]byte, bool) {
	size := c.mode.BlockSize()
	if len(tail) != size {
		return nil, false // no content at all
	}
	n := int(tail[size-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, size)
	for i := range size {
		padding := subtle.ConstantTimeLessOrEq(size-n, i)
		same := subtle.ConstantTimeByteEq(tail[i], byte(n))
		good &= subtle.ConstantTimeSelect(padding, same, 1)
	}
	return tail[:size-subtle.ConstantTimeSelect(good, n, 1)], good == 1
}
