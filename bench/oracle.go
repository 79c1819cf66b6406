package main

// This file is the oracle benchmark: can whoever sends ciphertexts tell by the answer or by
// the time why they do not decrypt (RFC 3218, Bleichenbacher, Vaudenay)?

//lint:file-ignore SA1019 PKCS #1 v1.5 encryption is what S/MIME is sent with (RFC 8551 §2.3)

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"sealgate/smime/cms"
	"sealgate/spool"
)

const oracleRounds = 4000

// ciphertext is one kind of message to our key.
type ciphertext struct {
	name string
	der  []byte
	good bool
	took []time.Duration
}

// oracle decrypts each kind in turn, so that all see the same machine, and
// prints quartiles of the times.
func oracle() error {
	runtime.GOMAXPROCS(1)
	e, err := newEngine(4 * kib)
	if err != nil {
		return err
	}
	kinds, err := e.ciphertexts()
	if err != nil {
		return err
	}
	for range oracleRounds {
		for _, k := range kinds {
			if err := e.timed(k); err != nil {
				return err
			}
		}
	}
	fmt.Println("| ciphertext | answer | 25 %, µs | median, µs | 75 %, µs |")
	fmt.Println("|---|---|---|---|---|")
	for _, k := range kinds {
		slices.Sort(k.took)
		answer := "cms.ErrDecrypt"
		if k.good {
			answer = "content"
		}
		at := func(q int) float64 { return float64(k.took[len(k.took)*q/4].Nanoseconds()) / 1000 }
		fmt.Printf("| %s | %s | %.1f | %.1f | %.1f |\n", k.name, answer, at(1), at(2), at(3))
	}
	return nil
}

func (e *engine) timed(k *ciphertext) error {
	info, err := cms.Parse(bytes.NewReader(k.der), int64(len(k.der)))
	if err != nil {
		return err
	}
	start := time.Now()
	p, err := info.Enveloped.Decrypt(context.Background(), cms.DecryptOptions{
		Keys: e.keys(), Spool: e.spool,
		Accept: isEntity,
	})
	k.took = append(k.took, time.Since(start))
	if err == nil {
		p.File.Close()
	}
	if k.good != (err == nil) || !k.good && !errors.Is(err, cms.ErrDecrypt) {
		return fmt.Errorf("%s: %v", k.name, err)
	}
	return nil
}

// isEntity is as smime's: nonsense has good padding once in 256 times.
func isEntity(f *spool.File) bool {
	var first [8]byte
	n, _ := f.ReadAt(first[:], 0)
	return string(first[:n]) == "Content-"
}

// ciphertexts makes the kinds out of good messages, by replacing parts of the
// same length.
func (e *engine) ciphertexts() (kinds []*ciphertext, err error) {
	for _, c := range []string{"aes-256-cbc", "aes-256-gcm"} {
		var out bytes.Buffer
		o := cms.EncryptOptions{Cipher: c, Recipients: []cms.Recipient{{Certificate: e.certificate}}}
		if err := cms.Encrypt(context.Background(), &out, bytes.NewReader(e.content), int64(len(e.content)), o); err != nil {
			return nil, err
		}
		good := out.Bytes()
		add := func(name string, der []byte, ok bool) {
			kinds = append(kinds, &ciphertext{name: c + ": " + name, der: der, good: ok})
		}
		add("good", good, true)
		wrapped := bytes.Index(good, []byte{4, 0x82, 1, 0}) + 4 // the RSA ciphertext
		replaced := func(with []byte) []byte {
			b := bytes.Clone(good)
			copy(b[wrapped:], with)
			return b
		}
		wrongKey, err := rsa.EncryptPKCS1v15(rand.Reader, &e.key.PublicKey, make([]byte, 32))
		if err != nil {
			return nil, err
		}
		shortKey, err := rsa.EncryptPKCS1v15(rand.Reader, &e.key.PublicKey, make([]byte, 16))
		if err != nil {
			return nil, err
		}
		noPadding := make([]byte, 256)
		rand.Read(noPadding[1:])
		add("wrong content key", replaced(wrongKey), false)
		add("content key too short", replaced(shortKey), false)
		add("RSA padding bad", replaced(noPadding), false)
		last := bytes.Clone(good)
		if c == "aes-256-cbc" {
			last, err = e.badPadding(good, wrapped)
			if err != nil {
				return nil, err
			}
			add("padding of the content bad", last, false)
			continue
		}
		last[len(last)-1] ^= 1
		add("MAC bad", last, false)
		last = bytes.Clone(good)
		last[len(last)-100] ^= 1
		add("content changed", last, false)
	}
	return kinds, nil
}

// badPadding replaces the last block by one that decrypts to zeros.
func (e *engine) badPadding(good []byte, wrapped int) ([]byte, error) {
	cek, err := rsa.DecryptPKCS1v15(nil, e.key, good[wrapped:wrapped+256])
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	b := bytes.Clone(good)
	n := len(b)
	cipher.NewCBCEncrypter(block, b[n-32:n-16]).CryptBlocks(b[n-16:], make([]byte, 16))
	return b, nil
}
