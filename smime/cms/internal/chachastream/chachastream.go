// Package chachastream is ChaCha20-Poly1305 (RFC 8439) in constant memory.
//
// Unlike GHASH, Poly1305 as the libraries offer it cannot have data put in front
// later, so the additional data is given first. In CMS it lies behind the content
// (RFC 5083), but whoever reads from an io.ReaderAt knows it before, and whoever
// writes has made it.
package chachastream

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 it is the building block that RFC 8439 §2.8 needs; chacha20poly1305 itself is one-shot only.
	"golang.org/x/crypto/poly1305"
)

const (
	// KeySize, NonceSize and TagSize are in bytes (RFC 8103 §3).
	KeySize   = chacha20.KeySize
	NonceSize = chacha20.NonceSize
	TagSize   = poly1305.TagSize

	// MaxSize is the most that one key and nonce may encrypt, in bytes: a
	// 32-bit counter of 64-byte blocks, of which the first makes the MAC key
	// (RFC 8439 §2.8).
	MaxSize = (1<<32 - 1) * 64

	macBlock = 16
)

var (
	// ErrTag says that the tag does not authenticate content and additional data.
	ErrTag = errors.New("chachastream: message authentication failed")
	// ErrTooLong says that more than MaxSize bytes were given.
	ErrTooLong = errors.New("chachastream: content is longer than ChaCha20-Poly1305 allows (256 GiB)")
)

// Stream encrypts or decrypts one message. It must not be used for both, nor
// for a second message.
type Stream struct {
	cipher    *chacha20.Cipher
	mac       *poly1305.MAC
	aad, size int64
}

// New starts a message under a key of 32 bytes and a nonce of 12, with its
// additional authenticated data.
func New(key, nonce, aad []byte) (*Stream, error) {
	if len(nonce) != NonceSize { // chacha20 would take 24 bytes for XChaCha20
		return nil, errors.New("chachastream: the nonce is not 12 bytes long")
	}
	c, err := chacha20.NewUnauthenticatedCipher(key, nonce)
	if err != nil {
		return nil, err
	}
	var macKey [32]byte // RFC 8439 §2.6
	c.XORKeyStream(macKey[:], macKey[:])
	c.SetCounter(1)
	s := &Stream{cipher: c, mac: poly1305.New(&macKey), aad: int64(len(aad))}
	s.mac.Write(aad)
	s.pad(s.aad)
	return s, nil
}

// pad fills the MAC's input up to a whole block after n bytes.
func (s *Stream) pad(n int64) {
	var zero [macBlock]byte
	if rest := n % macBlock; rest > 0 {
		s.mac.Write(zero[rest:])
	}
}

// Encrypt encrypts src, the next part of the plaintext, into dst, which has to
// be as long and may be the same slice.
func (s *Stream) Encrypt(dst, src []byte) error {
	if s.size += int64(len(src)); s.size > MaxSize {
		return ErrTooLong
	}
	s.cipher.XORKeyStream(dst, src)
	s.mac.Write(dst[:len(src)])
	return nil
}

// Decrypt decrypts src, the next part of the ciphertext, into dst, which has to
// be as long and may be the same slice. Nothing of it may be believed before
// Verify has returned nil.
func (s *Stream) Decrypt(dst, src []byte) error {
	if s.size += int64(len(src)); s.size > MaxSize {
		return ErrTooLong
	}
	s.mac.Write(src)
	s.cipher.XORKeyStream(dst, src)
	return nil
}

// Tag ends the message and returns its tag.
func (s *Stream) Tag() (tag [TagSize]byte) {
	s.pad(s.size)
	var lengths [16]byte
	binary.LittleEndian.PutUint64(lengths[:8], uint64(s.aad))
	binary.LittleEndian.PutUint64(lengths[8:], uint64(s.size))
	s.mac.Write(lengths[:])
	s.mac.Sum(tag[:0])
	return tag
}

// Verify ends the message and returns nil if tag is its tag, whole (RFC 8103
// §3 knows no shorter one), otherwise ErrTag.
func (s *Stream) Verify(tag []byte) error {
	want := s.Tag()
	if subtle.ConstantTimeCompare(want[:], tag) != 1 {
		return ErrTag
	}
	return nil
}
