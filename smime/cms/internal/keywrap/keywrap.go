// Package keywrap is the AES key wrap of RFC 3394, and the unwrapping half of
// the Triple-DES key wrap of RFC 3217, which old senders use with ECDH.
package keywrap

import (
	"crypto/cipher"
	"crypto/des"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"
)

const (
	semiblock = 8
	rounds    = 6
	// maxKey bounds a wrapped key in bytes. No content key is longer than 32.
	maxKey = 4096
)

// ErrUnwrap says that the wrapped key is damaged or was wrapped with another
// key; the two cannot be told apart.
var ErrUnwrap = errors.New("keywrap: the wrapped key does not fit the key-encryption key")

// errSize says that a key cannot be wrapped.
var errSize = errors.New("keywrap: a key to wrap must have 16 bytes or more, in multiples of 8")

// defaultIV is checked after unwrapping (RFC 3394 §2.2.3.1).
const defaultIV = 0xa6a6a6a6a6a6a6a6

// Wrap wraps key, of 16, 24, 32 … bytes, under the AES block cipher kek (RFC
// 3394 §2.2.1). The result is 8 bytes longer.
func Wrap(kek cipher.Block, key []byte) ([]byte, error) {
	if len(key) < 2*semiblock || len(key) > maxKey || len(key)%semiblock != 0 {
		return nil, errSize
	}
	out := make([]byte, semiblock+len(key))
	r := out[semiblock:]
	copy(r, key)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], defaultIV)
	for t := range rounds * (len(r) / semiblock) {
		i := t * semiblock % len(r)
		copy(b[semiblock:], r[i:i+semiblock])
		kek.Encrypt(b[:], b[:])
		copy(r[i:], b[semiblock:])
		xorCounter(&b, t+1)
	}
	copy(out, b[:semiblock])
	return out, nil
}

// Unwrap undoes Wrap (RFC 3394 §2.2.2).
func Unwrap(kek cipher.Block, wrapped []byte) ([]byte, error) {
	if len(wrapped) < 3*semiblock || len(wrapped) > maxKey+semiblock || len(wrapped)%semiblock != 0 {
		return nil, ErrUnwrap
	}
	r := slices.Clone(wrapped[semiblock:])
	var b [16]byte
	copy(b[:], wrapped[:semiblock])
	for t := rounds*(len(r)/semiblock) - 1; t >= 0; t-- {
		i := t * semiblock % len(r)
		xorCounter(&b, t+1)
		copy(b[semiblock:], r[i:i+semiblock])
		kek.Decrypt(b[:], b[:])
		copy(r[i:], b[semiblock:])
	}
	var want [semiblock]byte
	binary.BigEndian.PutUint64(want[:], defaultIV)
	if subtle.ConstantTimeCompare(b[:semiblock], want[:]) != 1 {
		return nil, ErrUnwrap
	}
	return r, nil
}

func xorCounter(b *[16]byte, t int) {
	binary.BigEndian.PutUint64(b[:], binary.BigEndian.Uint64(b[:])^uint64(t))
}

const (
	tripleDESKey     = 24
	tripleDESWrapped = 40 // IV, key, checksum
)

// UnwrapTripleDES unwraps a 24-byte Triple-DES key under the 24-byte key kek
// (RFC 3217 §3.2). The key's parity is not checked: senders do not agree on it.
func UnwrapTripleDES(kek, wrapped []byte) ([]byte, error) {
	block, err := des.NewTripleDESCipher(kek)
	if err != nil || len(wrapped) != tripleDESWrapped {
		return nil, ErrUnwrap
	}
	outerIV := []byte{0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05}
	buf := make([]byte, tripleDESWrapped)
	cipher.NewCBCDecrypter(block, outerIV).CryptBlocks(buf, wrapped)
	slices.Reverse(buf)
	inner := buf[semiblock:]
	cipher.NewCBCDecrypter(block, buf[:semiblock]).CryptBlocks(inner, inner)
	key := inner[:tripleDESKey]
	checksum := inner[tripleDESKey:]
	sum := sha1.Sum(key) // RFC 3217 §2; a checksum inside encryption, no signature
	if subtle.ConstantTimeCompare(sum[:semiblock], checksum) != 1 {
		return nil, ErrUnwrap
	}
	return key, nil
}
