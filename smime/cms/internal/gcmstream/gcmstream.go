// Package gcmstream is AES-GCM (NIST SP 800-38D) in constant memory, with the
// additional authenticated data given after the content.
//
// Go's own GCM is one-shot: it wants the whole message in one slice, and the
// additional data before it. CMS AuthEnvelopedData (RFC 5083) carries its
// authAttrs, which are that data, behind the content. Both are solved by GHASH
// being linear; see ghash.go. The stream is byte for byte standard GCM.
package gcmstream

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

const (
	// MaxSize is the most that one key and IV may encrypt, in bytes:
	// 2^39 - 256 bits (SP 800-38D §5.2.1.1). Beyond it the counter repeats.
	MaxSize = 1<<36 - 32

	// MinTagSize and MaxTagSize bound a tag in bytes; shorter ones that SP
	// 800-38D knows are too easy to forge for mail (RFC 5084 §3.2 allows 12 to 16).
	MinTagSize = 12
	MaxTagSize = 16
)

var (
	// ErrTag says that the tag does not authenticate content and additional data.
	ErrTag = errors.New("gcmstream: message authentication failed")
	// ErrTooLong says that more than MaxSize bytes were given.
	ErrTooLong = errors.New("gcmstream: content is longer than GCM allows (64 GiB)")
	errIV      = errors.New("gcmstream: the IV is empty")
	errBlock   = errors.New("gcmstream: the cipher's block size is not 16 bytes")
)

// Stream encrypts or decrypts one message. It must not be used for both, nor
// for a second message.
type Stream struct {
	ctr  counter
	hash ghash
	ej0  element // E(J0), which masks the tag
	size int64
}

// New starts a message under an AES block cipher and an IV of at least one
// byte; 12 bytes is what everybody uses (RFC 5084 §3.2).
func New(block cipher.Block, iv []byte) (*Stream, error) {
	if len(iv) == 0 {
		return nil, errIV
	}
	if block.BlockSize() != blockSize {
		return nil, errBlock
	}
	hash, err := newGHASH(block)
	if err != nil {
		return nil, err
	}
	s := &Stream{hash: *hash}
	j0 := s.hash.firstCounter(iv)
	var masked [blockSize]byte
	block.Encrypt(masked[:], j0[:])
	s.ej0 = load(masked[:])
	s.ctr = newCounter(block, j0)
	return s, nil
}

// Encrypt encrypts src, the next part of the plaintext, into dst, which has to
// be as long and may be the same slice. Parts of a multiple of 64 KiB are quickest.
func (s *Stream) Encrypt(dst, src []byte) error {
	return s.process(dst, src, func(dst, src []byte) {
		s.ctr.xor(dst, src)
		s.hash.write(dst)
	})
}

// Decrypt decrypts src, the next part of the ciphertext, into dst, which has to
// be as long and may be the same slice. Nothing of it may be believed before
// Verify has returned nil.
func (s *Stream) Decrypt(dst, src []byte) error {
	return s.process(dst, src, func(dst, src []byte) {
		s.hash.write(src)
		s.ctr.xor(dst, src)
	})
}

// process goes chunk by chunk, so that each is still in the cache for its second pass.
func (s *Stream) process(dst, src []byte, step func(dst, src []byte)) error {
	if s.size += int64(len(src)); s.size > MaxSize {
		return ErrTooLong
	}
	for len(src) > 0 {
		n := min(len(src), chunkSize)
		step(dst[:n], src[:n])
		dst = dst[n:]
		src = src[n:]
	}
	return nil
}

// Tag ends the message and returns its 16-byte tag over aad and the content.
func (s *Stream) Tag(aad []byte) [MaxTagSize]byte {
	return s.hash.sum(aad).xor(s.ej0).bytes()
}

// Verify ends the message and returns nil if tag, of 12 to 16 bytes,
// authenticates aad and the content, otherwise ErrTag. The time does not depend
// on where they differ.
func (s *Stream) Verify(aad, tag []byte) error {
	want := s.Tag(aad)
	if len(tag) < MinTagSize || len(tag) > MaxTagSize {
		return ErrTag
	}
	if subtle.ConstantTimeCompare(want[:len(tag)], tag) != 1 {
		return ErrTag
	}
	return nil
}

// counter is GCM's counter mode: only the last 32 bits count (SP 800-38D §6.2,
// inc32), where cipher.NewCTR carries into the others.
type counter struct {
	block  cipher.Block
	next   [blockSize]byte // counter block after the wrap
	stream cipher.Stream
	left   int64 // bytes until the 32-bit counter wraps
}

func newCounter(block cipher.Block, j0 [blockSize]byte) counter {
	first := binary.BigEndian.Uint32(j0[nonceSize:]) + 1
	binary.BigEndian.PutUint32(j0[nonceSize:], first)
	c := counter{block: block, stream: cipher.NewCTR(block, j0[:]), left: (1<<32 - int64(first)) * blockSize}
	copy(c.next[:nonceSize], j0[:nonceSize])
	return c
}

func (c *counter) xor(dst, src []byte) {
	if int64(len(src)) > c.left {
		n := c.left
		c.stream.XORKeyStream(dst[:n], src[:n])
		dst = dst[n:]
		src = src[n:]
		c.stream = cipher.NewCTR(c.block, c.next[:])
		c.left = MaxSize
	}
	c.stream.XORKeyStream(dst, src)
	c.left -= int64(len(src))
}
