package cms

// This file describes a content-encryption algorithm, and one message through it.

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/asn1"
	"errors"
)

const (
	// maxCBC is where 2^32 blocks under one key end, in octets, long before two equal
	// blocks become likely.
	maxCBC     = 1 << 36
	maxPadding = aes.BlockSize // octets
	macSize    = 16            // octets of the tag that we write; the longest, RFC 5084 §3.2
)

var errTooMuch = errors.New("cms: encrypt: the content is longer than one key and IV may encrypt")

// cipherSpec is one content-encryption algorithm.
type cipherSpec struct {
	name    string
	id      asn1.ObjectIdentifier
	mode    mode
	keySize int   // bytes; RC2's is in its parameters
	ivSize  int   // bytes of what we write, and of any CBC IV
	maxSize int64 // bytes of content under one key and IV
	block   func(key []byte) (cipher.Block, error)
	weak    bool // read, never written
}

// mode is how an algorithm works: its parameters, and one message through it.
type mode interface {
	// authenticates reports whether the algorithm belongs into AuthEnvelopedData (RFC 5083)
	// and not into EnvelopedData.
	authenticates() bool
	// parse reads the parameters of one message into c.
	parse(c *contentCipher, parameters []byte) error
	// parameters encodes what we write.
	parameters(iv []byte) []byte
	sealer(c *cipherSpec, key, iv []byte) (sealer, error)
	opener(c *contentCipher, m openedMessage) (opener, error)
}

// contentCipher is a content-encryption algorithm with the parameters of one message.
type contentCipher struct {
	*cipherSpec
	at      int64 // where in the message it is named
	iv      []byte
	keySize int // bytes
	tagSize int // bytes; 0: not authenticated
	rc2Bits int // effective key bits
}

// parseIV reads the parameters of an algorithm that has an IV and nothing else.
func (c *contentCipher) parseIV(parameters []byte) error {
	rest, err := asn1.Unmarshal(parameters, &c.iv)
	if err != nil || len(rest) > 0 || len(c.iv) != c.ivSize {
		return c.bad("IV")
	}
	return nil
}

func (c *contentCipher) bad(what string) error {
	return &Error{Layer: "EnvelopedData", Offset: c.at, Problem: "bad " + what + " of " + c.name}
}

// weakName is for EnvelopedData.Weak; "" if there is nothing weak.
func (c *contentCipher) weakName() string {
	switch {
	case c.rc2Bits == 40:
		return "rc2-40"
	case c.weak:
		return c.name
	}
	return ""
}

// sealer encrypts one message part by part; all but the last are whole chunks.
type sealer interface {
	pad(last []byte) []byte
	encrypt(part []byte) error // in place
	mac() []byte               // nil for CBC; ends the message
}

// opener decrypts one message part by part; all but the last are whole chunks.
type opener interface {
	decrypt(part []byte) error // in place
	// finish is given the last bytes of the plaintext, up to a block. It
	// returns what of them is content, and if padding or MAC are good.
	finish(tail []byte) ([]byte, bool)
	blockSize() int
}

// openedMessage is what an opener is told of a message: the content key, and what
// AuthEnvelopedData brings beside the content.
type openedMessage struct {
	key []byte
	aad []byte // the DER of authAttrs
	mac []byte
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

// macSize is how long the mac is that we write.
func (c *cipherSpec) macSize() int {
	if c.mode.authenticates() {
		return macSize
	}
	return 0
}

// encryptedSize adds the padding of CBC (RFC 5652 §6.3).
func (c *cipherSpec) encryptedSize(size int64) int64 {
	if c.mode.authenticates() {
		return size
	}
	return size + aes.BlockSize - size%aes.BlockSize
}

// randomBytes makes keys and IVs.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand
	return b
}
