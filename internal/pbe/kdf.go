package pbe

// This file derives keys from passwords.

import (
	"crypto/pbkdf2"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// Bounds of one derivation. What the tools write is far below.
const (
	// maxIterations: NSS writes 600,000, and OWASP asks for 1,300,000 with SHA-1.
	maxIterations = 10_000_000
	// maxSalt is in octets; tools write 8 to 32.
	maxSalt = 1024
	// maxScrypt bounds the memory, 128·N·r octets (RFC 7914 §2): openssl writes 16 MiB.
	maxScrypt = 128 << 20
	// maxParallel bounds scrypt's p, each of which costs as much again.
	maxParallel = 16
	// scryptStep is what scrypt's work counts in iterations: octets of memory for each.
	scryptStep = 512
)

// derivation is a function of the password that gives n octets.
type derivation struct {
	derive func(password []byte, n int) ([]byte, error)
	cost   int // in iterations of a digest
	length int // of the key, when it is said
}

// pbkdf2Params is RFC 8018 §A.2.
type pbkdf2Params struct {
	Salt       asn1.RawValue
	Iterations int
	Length     int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// scryptParams is RFC 7914 §7.1.
type scryptParams struct {
	Salt    []byte
	N, R, P int
	Length  int `asn1:"optional"`
}

func readDerivation(algorithm pkix.AlgorithmIdentifier) (*derivation, error) {
	switch algorithm.Algorithm.String() {
	case idPBKDF2:
		return readPBKDF2(algorithm.Parameters.FullBytes)
	case idScrypt:
		return readScrypt(algorithm.Parameters.FullBytes)
	}
	return nil, &UnsupportedError{"key derivation " + algorithm.Algorithm.String()}
}

func readPBKDF2(der []byte) (*derivation, error) {
	var p pbkdf2Params
	if !exactly(der, &p) {
		return nil, ErrDamaged
	}
	if p.Salt.Class != asn1.ClassUniversal || p.Salt.Tag != asn1.TagOctetString {
		return nil, &UnsupportedError{"salt from elsewhere (RFC 8018 §A.2)"}
	}
	prf := p.PRF.Algorithm
	if prf == nil {
		prf = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7} // the default, hmacWithSHA1
	}
	digest := hmacNamed(prf)
	if digest == nil {
		return nil, &UnsupportedError{"pseudorandom function " + prf.String()}
	}
	if err := bounded(p.Salt.Bytes, p.Iterations); err != nil {
		return nil, err
	}
	return &derivation{cost: p.Iterations, length: p.Length, derive: func(password []byte, n int) ([]byte, error) {
		return pbkdf2.Key(digest, string(password), p.Salt.Bytes, p.Iterations, n)
	}}, nil
}

func readScrypt(der []byte) (*derivation, error) {
	var p scryptParams
	if !exactly(der, &p) {
		return nil, ErrDamaged
	}
	if p.N <= 1 || p.N&(p.N-1) != 0 || p.R < 1 || p.P < 1 {
		return nil, ErrDamaged
	}
	if len(p.Salt) > maxSalt || p.P > maxParallel || p.R > maxScrypt/128 || p.N > maxScrypt/128/p.R {
		return nil, ErrTooMuch
	}
	cost := p.N * p.R * 128 / scryptStep * p.P
	return &derivation{cost: cost, length: p.Length, derive: func(password []byte, n int) ([]byte, error) {
		return scrypt.Key(password, p.Salt, p.N, p.R, p.P, n)
	}}, nil
}

// bounded refuses parameters that cost too much or mean nothing.
func bounded(salt []byte, iterations int) error {
	switch {
	case iterations < 1:
		return ErrDamaged
	case len(salt) > maxSalt, iterations > maxIterations:
		return ErrTooMuch
	}
	return nil
}

// pbkdf1 is RFC 8018 §5.1; n is at most the digest's size.
func pbkdf1(digest func() hash.Hash, password, salt []byte, iterations, n int) []byte {
	h := digest()
	h.Write(password)
	h.Write(salt)
	sum := h.Sum(nil)
	for range iterations - 1 {
		h.Reset()
		h.Write(sum)
		sum = h.Sum(sum[:0])
	}
	return sum[:n]
}

// The purposes of octets that pkcs12KDF derives (RFC 7292 §B.3).
const (
	forKey = 1
	forIV  = 2
	forMAC = 3
)

// pkcs12KDF is RFC 7292 §B.2.
func pkcs12KDF(digest func() hash.Hash, password, salt []byte, iterations, n int, purpose byte) []byte {
	h := digest()
	v := h.BlockSize()
	d := make([]byte, v)
	for i := range d {
		d[i] = purpose
	}
	in := append(filled(salt, v), filled(password, v)...)
	var out []byte
	for len(out) < n {
		h.Reset()
		h.Write(d)
		h.Write(in)
		a := h.Sum(nil)
		for range iterations - 1 {
			h.Reset()
			h.Write(a)
			a = h.Sum(a[:0])
		}
		out = append(out, a...)
		addToBlocks(in, filled(a, v)[:v])
	}
	return out[:n]
}

// filled repeats b to a multiple of v octets; nothing stays nothing.
func filled(b []byte, v int) []byte {
	n := (len(b) + v - 1) / v * v
	out := make([]byte, n)
	for i := range out {
		out[i] = b[i%len(b)]
	}
	return out
}

// addToBlocks adds b + 1 to each block of in, modulo 2 to the block's bits.
func addToBlocks(in, b []byte) {
	for ; len(in) > 0; in = in[len(b):] {
		carry := 1
		for i := len(b) - 1; i >= 0; i-- {
			carry += int(in[i]) + int(b[i])
			in[i] = byte(carry)
			carry >>= 8
		}
	}
}
