// Tests of the streaming ChaCha20-Poly1305 against the one-shot one and Wycheproof.

package chachastream

import (
	"bytes"
	"crypto/rand"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"sealgate/internal/wycheproof"
)

func TestAgainstOneShot(t *testing.T) {
	key, nonce, data := make([]byte, KeySize), make([]byte, NonceSize), make([]byte, 300)
	rand.Read(key)
	rand.Read(nonce)
	rand.Read(data)
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		t.Fatal(err)
	}
	for size := range data {
		for _, a := range []int{0, 1, 15, 16, 17, 64, 299} {
			for _, step := range []int{1, 16, 63, 64, 300} {
				s, err := New(key, nonce, data[:a])
				if err != nil {
					t.Fatal(err)
				}
				got := bytes.Clone(data[:size])
				for p := got; len(p) > 0; p = p[min(step, len(p)):] {
					s.Encrypt(p[:min(step, len(p))], p[:min(step, len(p))])
				}
				tag := s.Tag()
				if !bytes.Equal(append(got, tag[:]...), aead.Seal(nil, nonce, data[:size], data[:a])) {
					t.Fatalf("content of %d, AAD of %d bytes, in steps of %d: differs", size, a, step)
				}
			}
		}
	}
}

func TestBounds(t *testing.T) {
	s, err := New(make([]byte, 32), make([]byte, 12), nil)
	if err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	s.size = MaxSize - 1
	if err := s.Encrypt(one, one); err != nil {
		t.Errorf("last allowed byte: %v", err)
	}
	if err := s.Encrypt(one, one); err != ErrTooLong {
		t.Errorf("one byte too many to encrypt: %v", err)
	}
	if err := s.Decrypt(one, one); err != ErrTooLong {
		t.Errorf("one byte too many to decrypt: %v", err)
	}
	for _, n := range []int{0, 12, 15, 17} {
		s, _ := New(make([]byte, 32), make([]byte, 12), nil)
		if s.Verify(make([]byte, n)) != ErrTag {
			t.Errorf("tag of %d bytes accepted", n)
		}
	}
	for _, n := range []int{0, 8, 11, 13, 24} {
		if _, err := New(make([]byte, 32), make([]byte, n), nil); err == nil {
			t.Errorf("nonce of %d bytes accepted", n)
		}
	}
}

func TestWycheproof(t *testing.T) {
	type vector struct {
		wycheproof.Case
		Key, IV, AAD, Msg, CT, Tag wycheproof.Hex
	}
	for _, g := range wycheproof.Load[struct{}, vector](t, "chacha20_poly1305_test.json") {
		for _, v := range g.Tests {
			s, err := New(v.Key, v.IV, v.AAD)
			if err != nil {
				v.Check(t, false)
				continue
			}
			plain := make([]byte, len(v.CT))
			if err := s.Decrypt(plain, v.CT); err != nil {
				t.Fatal(err)
			}
			v.Check(t, s.Verify(v.Tag) == nil && bytes.Equal(plain, v.Msg))
		}
	}
}
