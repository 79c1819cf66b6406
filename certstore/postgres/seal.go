package postgres

// This file encrypts what the database keeps, under the key of the store: whoever reads the database,
// a replica or a dump of it sees hashes, states, sizes and times, and cannot put one row in another's
// place.

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// The first octet of a value says whether it is encrypted.
const (
	inClear   = 0
	encrypted = 1
)

// errDamaged says that a value is not what was put there.
var errDamaged = errors.New("certstore: a row of the database is damaged, or was altered")

// sealer encrypts values and hashes names. Without a key it does neither in secret.
type sealer struct {
	aead cipher.AEAD // nil without a key
	name []byte
}

func newSealer(key []byte) (*sealer, error) {
	if len(key) == 0 {
		return &sealer{}, nil
	}
	values, err := hkdf.Key(sha256.New, key, nil, "sealgate postgres values", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	names, err := hkdf.Key(sha256.New, key, nil, "sealgate postgres names", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	aead, err := chacha20poly1305.NewX(values) // its nonces are long enough to be drawn without end
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	return &sealer{aead, names}, nil
}

// hash is what a name is found by.
func (s *sealer) hash(kind, name string) []byte {
	mac := hmac.New(sha256.New, s.name)
	mac.Write([]byte(kind + "\x00" + name))
	return mac.Sum(nil)
}

// seal encrypts a value for its place.
func (s *sealer) seal(kind string, id, value []byte) []byte {
	if s.aead == nil {
		return append([]byte{inClear}, value...)
	}
	sealed := make([]byte, 1+s.aead.NonceSize(), 1+s.aead.NonceSize()+len(value)+s.aead.Overhead())
	sealed[0] = encrypted
	nonce := sealed[1:]
	rand.Read(nonce)
	return s.aead.Seal(sealed, nonce, value, place(kind, id))
}

// open decrypts what seal made for this place. Where there is a key nothing in clear counts: whoever
// writes to the database could put it there.
func (s *sealer) open(kind string, id, sealed []byte) ([]byte, error) {
	if s.aead == nil {
		if len(sealed) == 0 || sealed[0] != inClear {
			return nil, errDamaged
		}
		return sealed[1:], nil
	}
	head := 1 + s.aead.NonceSize()
	if len(sealed) < head || sealed[0] != encrypted {
		return nil, errDamaged
	}
	value, err := s.aead.Open(nil, sealed[1:head], sealed[head:], place(kind, id))
	if err != nil {
		return nil, errDamaged
	}
	return value, nil
}

func place(kind string, id []byte) []byte { return append([]byte(kind+"\x00"), id...) }

// The kinds of what is kept.
const (
	ofRecord  = "record"
	ofAddress = "address"
	ofContent = "content"
	ofMemory  = "memory"
	ofAnswer  = "answer"
	ofLine    = "line"
	ofMeta    = "meta"
)
