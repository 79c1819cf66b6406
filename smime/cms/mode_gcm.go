package cms

// This file does AES-GCM (RFC 5084) in constant memory.

import (
	"encoding/asn1"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/gcmstream"
)

const maxNonce = 1024 // octets of a nonce; everybody uses 12

type gcmMode struct{}

func (gcmMode) authenticates() bool { return true }

// parameters is GCMParameters (RFC 5084 §3.2); the tag's length would be 12 by default.
func (gcmMode) parameters(iv []byte) []byte {
	return der(cbasn1.SEQUENCE, derOctets(iv), derInt(macSize))
}

func (gcmMode) parse(c *contentCipher, parameters []byte) error {
	p := struct {
		Nonce   []byte
		TagSize int `asn1:"optional,default:12"`
	}{}
	if rest, err := asn1.Unmarshal(parameters, &p); err != nil || len(rest) > 0 {
		return c.bad("parameters")
	}
	c.iv = p.Nonce
	c.tagSize = p.TagSize
	if len(c.iv) < 1 || len(c.iv) > maxNonce {
		return c.bad("nonce")
	}
	if c.tagSize < gcmstream.MinTagSize || c.tagSize > gcmstream.MaxTagSize {
		return c.bad("length of the mac")
	}
	return nil
}

func (gcmMode) sealer(c *cipherSpec, key, iv []byte) (sealer, error) {
	block, err := c.block(key)
	if err != nil {
		return nil, err
	}
	s, err := gcmstream.New(block, iv)
	return gcmSealer{s}, err
}

func (gcmMode) opener(c *contentCipher, m openedMessage) (opener, error) {
	block, err := c.block(m.key)
	if err != nil {
		return nil, err
	}
	s, err := gcmstream.New(block, c.iv)
	return &gcmOpener{s, m.aad, m.mac}, err
}

type gcmSealer struct{ *gcmstream.Stream }

func (g gcmSealer) pad(last []byte) []byte    { return last }
func (g gcmSealer) encrypt(part []byte) error { return g.Encrypt(part, part) }
func (g gcmSealer) mac() []byte {
	tag := g.Tag(nil) // no authAttrs: the content is id-data (RFC 5083 §2.1)
	return tag[:]
}

type gcmOpener struct {
	stream   *gcmstream.Stream
	aad, mac []byte
}

func (g *gcmOpener) blockSize() int            { return 1 }
func (g *gcmOpener) decrypt(part []byte) error { return g.stream.Decrypt(part, part) }
func (g *gcmOpener) finish(tail []byte) ([]byte, bool) {
	return tail, g.stream.Verify(g.aad, g.mac) == nil
}
