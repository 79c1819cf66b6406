package pbe

// This file decrypts and checks with one password, within a bound of work.

import (
	"bytes"
	"crypto/hmac"
	"crypto/x509/pkix"
	"errors"
)

// The causes why something is not opened.
var (
	ErrPassword = errors.New("pbe: wrong password")
	ErrDamaged  = errors.New("pbe: damaged: its lengths or parameters do not fit together")
	ErrTooMuch  = errors.New("pbe: more work than any program asks for (iterations, salt or memory of the key derivation)")
)

// UnsupportedError names an algorithm that is not read.
type UnsupportedError struct{ What string }

func (e *UnsupportedError) Error() string { return "pbe: unknown " + e.What }

// MaxWork bounds all derivations of one file, in iterations: a few seconds. NSS's 600,000
// for each of 40 keys are below it.
const MaxWork = 30_000_000

// Opener opens with one password in all its forms.
type Opener struct {
	forms octets
	left  int // work, in iterations
}

// NewOpener takes a password in UTF-8, and how much work may be done, at most MaxWork.
func NewOpener(password []byte, work int) *Opener {
	return &Opener{forms: formsOf(string(password)), left: min(work, MaxWork)}
}

// CheckScheme returns why nothing with this encryption can be opened, whatever the password.
func CheckScheme(algorithm pkix.AlgorithmIdentifier) error {
	_, err := readScheme(algorithm)
	return err
}

// spend takes work from what is left.
func (o *Opener) spend(cost int) error {
	if o.left < cost {
		return ErrTooMuch
	}
	o.left -= cost
	return nil
}

// Decrypt returns the plaintext that accept takes. Padding alone proves little: one wrong
// password in 256 passes.
func (o *Opener) Decrypt(algorithm pkix.AlgorithmIdentifier, data []byte, accept func([]byte) bool) ([]byte, error) {
	s, err := readScheme(algorithm)
	if err != nil {
		return nil, err
	}
	forms := &o.forms.raw
	if s.bmp {
		forms = &o.forms.bmp
	}
	for i, password := range *forms {
		if err := o.spend(s.cost); err != nil {
			return nil, err
		}
		c, err := s.cipher(password)
		if err != nil {
			return nil, err
		}
		plain, err := c.decrypt(data)
		if errors.Is(err, ErrDamaged) {
			return nil, err
		}
		if err == nil && accept(plain) {
			toFront(*forms, i)
			return plain, nil
		}
	}
	return nil, ErrPassword
}

// toFront lets the form that fitted be tried first for what comes next.
func toFront(forms [][]byte, i int) {
	found := forms[i]
	copy(forms[1:i+1], forms[:i])
	forms[0] = found
}

func (c opened) decrypt(data []byte) ([]byte, error) {
	out := make([]byte, len(data))
	if c.stream != nil {
		c.stream.XORKeyStream(out, data)
		return out, nil
	}
	size := c.blocks.BlockSize()
	if len(data) == 0 || len(data)%size != 0 {
		return nil, ErrDamaged
	}
	c.blocks.CryptBlocks(out, data)
	n := int(out[len(out)-1])
	if n < 1 || n > size || !bytes.Equal(out[len(out)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, ErrPassword
	}
	return out[:len(out)-n], nil
}

// MAC is the check value of a PKCS#12 file (RFC 7292 §4).
type MAC struct {
	Algorithm  pkix.AlgorithmIdentifier
	Digest     []byte
	Salt       []byte
	Iterations int
}

// Bounds of PBMAC1's key (RFC 9579 §9): a short one can be guessed, and none is longer
// than the longest digest.
const (
	minMACKey = 20
	maxMACKey = 64
)

// verifier computes a MAC with one form of the password.
type verifier struct {
	bmp  bool
	cost int
	sum  func(password, message []byte) ([]byte, error)
}

func (m *MAC) verifier() (*verifier, error) {
	if m.Algorithm.Algorithm.String() == idPBMAC1 {
		return m.pbmac1()
	}
	digest := digestNamed(m.Algorithm.Algorithm)
	if digest == nil {
		return nil, &UnsupportedError{"MAC " + m.Algorithm.Algorithm.String()}
	}
	if err := bounded(m.Salt, m.Iterations); err != nil {
		return nil, err
	}
	return &verifier{bmp: true, cost: m.Iterations, sum: func(password, message []byte) ([]byte, error) {
		h := hmac.New(digest, pkcs12KDF(digest, password, m.Salt, m.Iterations, digest().Size(), forMAC))
		h.Write(message)
		return h.Sum(nil), nil
	}}, nil
}

// pbmac1 is RFC 9579 §4: salt and iterations of the MAC itself mean nothing.
func (m *MAC) pbmac1() (*verifier, error) {
	var p struct{ Derivation, Scheme pkix.AlgorithmIdentifier }
	if !exactly(m.Algorithm.Parameters.FullBytes, &p) {
		return nil, ErrDamaged
	}
	kdf, err := readDerivation(p.Derivation)
	if err != nil {
		return nil, err
	}
	digest := hmacNamed(p.Scheme.Algorithm)
	switch {
	case digest == nil:
		return nil, &UnsupportedError{"MAC " + p.Scheme.Algorithm.String()}
	case kdf.length < minMACKey || kdf.length > maxMACKey:
		return nil, ErrDamaged
	}
	return &verifier{cost: kdf.cost, sum: func(password, message []byte) ([]byte, error) {
		key, err := kdf.derive(password, kdf.length)
		if err != nil {
			return nil, ErrDamaged
		}
		h := hmac.New(digest, key)
		h.Write(message)
		return h.Sum(nil), nil
	}}, nil
}

// Check returns why no password can be checked with it.
func (m *MAC) Check() error {
	_, err := m.verifier()
	return err
}

// Verify returns ErrPassword when no form of the password gives the MAC of message.
func (o *Opener) Verify(m *MAC, message []byte) error {
	v, err := m.verifier()
	if err != nil {
		return err
	}
	forms := &o.forms.raw
	if v.bmp {
		forms = &o.forms.bmp
	}
	for i, password := range *forms {
		if err := o.spend(v.cost); err != nil {
			return err
		}
		sum, err := v.sum(password, message)
		if err != nil {
			return err
		}
		if hmac.Equal(sum, m.Digest) {
			toFront(*forms, i)
			return nil
		}
	}
	return ErrPassword
}
