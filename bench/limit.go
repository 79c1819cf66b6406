package main

// This file measures the limit: Go's primitives alone, chunk by chunk in the cache, on octets
// that lie ready in memory, with nothing parsed, allocated or checked beyond need.

//lint:file-ignore SA1019 PKCS #1 v1.5 encryption is what S/MIME is sent with (RFC 8551 §2.3)

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"

	"github.com/segmentio/asm/base64"
)

const (
	line  = 64       // base64 characters of a line
	chunk = 768 * 64 // bytes of content at a time: whole lines of 48, whole blocks of 16
)

var errLimit = errors.New("wrong result")

// envelope is an encrypted content with its key, as the recipient gets it.
type envelope struct {
	cek, iv, wrapped []byte
	body             []byte // in base64 lines
}

// limits works on one content.
type limits struct {
	key          *rsa.PrivateKey
	content      []byte
	current      envelope
	cbc, gcm     envelope
	plain        []byte // content in base64 lines
	signature    []byte
	buf, encoded []byte // room for one chunk
	out          []byte
}

func newLimits(key *rsa.PrivateKey, content []byte) (*limits, error) {
	l := &limits{key: key, content: content}
	l.buf = make([]byte, chunk*2)
	l.encoded = make([]byte, chunk*2)
	l.out = make([]byte, 0, len(content)*3/2+chunk)
	if err := l.encryptCBC(); err != nil {
		return nil, err
	}
	l.cbc = l.current
	l.cbc.body = bytes.Clone(l.out)
	if err := l.encryptGCM(); err != nil {
		return nil, err
	}
	l.gcm = l.current
	l.gcm.body = bytes.Clone(l.out)
	l.out = l.out[:0]
	l.lines(content)
	l.plain = bytes.Clone(l.out)
	return l, l.sign()
}

// lines appends b, which is whole lines or the last of them, in base64 to out:
// encoded in one go, then cut up.
func (l *limits) lines(b []byte) {
	for len(b) > 0 {
		n := min(len(b), chunk)
		encoded := l.encoded[:base64.StdEncoding.EncodedLen(n)]
		base64.StdEncoding.Encode(encoded, b[:n])
		for b = b[n:]; len(encoded) > line; encoded = encoded[line:] {
			l.out = append(append(l.out, encoded[:line]...), '\r', '\n')
		}
		l.out = append(append(l.out, encoded...), '\r', '\n')
	}
}

// unlines takes the lines of one chunk off b, and returns their bytes.
func (l *limits) unlines(b []byte) (decoded, rest []byte, err error) {
	text := l.buf[:0]
	for len(b) > 0 && len(text) < chunk/3*4 {
		n := min(line, len(b)-2)
		text = append(text, b[:n]...)
		b = b[n+2:]
	}
	n, err := base64.StdEncoding.Decode(l.buf, text)
	return l.buf[:n], b, err
}

func (l *limits) encryptKey() (err error) {
	e := envelope{cek: make([]byte, 32), iv: make([]byte, 16)}
	rand.Read(e.cek)
	rand.Read(e.iv)
	e.wrapped, err = rsa.EncryptPKCS1v15(rand.Reader, &l.key.PublicKey, e.cek)
	l.current = e
	return err
}

func (l *limits) encryptCBC() error {
	if err := l.encryptKey(); err != nil {
		return err
	}
	block, err := aes.NewCipher(l.current.cek)
	if err != nil {
		return err
	}
	mode := cipher.NewCBCEncrypter(block, l.current.iv)
	l.out = l.out[:0]
	for b := l.content; len(b) > 0; {
		n := min(len(b), chunk)
		part := append(l.buf[:0], b[:n]...)
		b = b[n:]
		if len(b) == 0 {
			pad := aes.BlockSize - n%aes.BlockSize
			part = append(part, bytes.Repeat([]byte{byte(pad)}, pad)...)
		}
		mode.CryptBlocks(part, part)
		l.lines(part)
	}
	return nil
}

func (l *limits) encryptGCM() error {
	if err := l.encryptKey(); err != nil {
		return err
	}
	aead, err := newGCM(l.current.cek)
	if err != nil {
		return err
	}
	sealed := aead.Seal(make([]byte, 0, len(l.content)+16), l.current.iv[:12], l.content, nil)
	l.out = l.out[:0]
	l.lines(sealed)
	return nil
}

func newGCM(cek []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (l *limits) decryptCBC() error {
	cek, err := rsa.DecryptPKCS1v15(nil, l.key, l.cbc.wrapped)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return err
	}
	mode := cipher.NewCBCDecrypter(block, l.cbc.iv)
	out := l.out[:0]
	for b := l.cbc.body; len(b) > 0; {
		part, rest, err := l.unlines(b)
		if err != nil {
			return err
		}
		mode.CryptBlocks(part, part)
		out = append(out, part...)
		b = rest
	}
	if len(out) <= len(l.content) || out[0] != l.content[0] {
		return errLimit
	}
	return nil
}

func (l *limits) decryptGCM() error {
	cek, err := rsa.DecryptPKCS1v15(nil, l.key, l.gcm.wrapped)
	if err != nil {
		return err
	}
	aead, err := newGCM(cek)
	if err != nil {
		return err
	}
	out := l.out[:0]
	for b := l.gcm.body; len(b) > 0; {
		part, rest, err := l.unlines(b)
		if err != nil {
			return err
		}
		out = append(out, part...)
		b = rest
	}
	_, err = aead.Open(out[:0], l.gcm.iv[:12], out, nil)
	return err
}

func (l *limits) sign() (err error) {
	digest := sha256.Sum256(l.content)
	l.signature, err = rsa.SignPKCS1v15(rand.Reader, l.key, crypto.SHA256, digest[:])
	return err
}

func (l *limits) signOpaque() error {
	if err := l.sign(); err != nil {
		return err
	}
	l.out = l.out[:0]
	l.lines(l.content)
	return nil
}

func (l *limits) verify() error {
	digest := sha256.Sum256(l.content)
	return rsa.VerifyPKCS1v15(&l.key.PublicKey, crypto.SHA256, digest[:], l.signature)
}

func (l *limits) verifyOpaque() error {
	h := sha256.New()
	for b := l.plain; len(b) > 0; {
		part, rest, err := l.unlines(b)
		if err != nil {
			return err
		}
		h.Write(part)
		b = rest
	}
	return rsa.VerifyPKCS1v15(&l.key.PublicKey, crypto.SHA256, h.Sum(nil), l.signature)
}
