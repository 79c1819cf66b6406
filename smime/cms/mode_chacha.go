package cms

// This file does ChaCha20-Poly1305 (RFC 8103) in constant memory.

import "sealgate/smime/cms/internal/chachastream"

// chachaMode has the nonce as its parameters.
type chachaMode struct{}

func (chachaMode) authenticates() bool         { return true }
func (chachaMode) parameters(iv []byte) []byte { return derOctets(iv) }

func (chachaMode) parse(c *contentCipher, parameters []byte) error {
	c.tagSize = chachastream.TagSize
	return c.parseIV(parameters)
}

func (chachaMode) sealer(_ *cipherSpec, key, iv []byte) (sealer, error) {
	s, err := chachastream.New(key, iv, nil)
	return chachaSealer{s}, err
}

func (chachaMode) opener(c *contentCipher, m openedMessage) (opener, error) {
	s, err := chachastream.New(m.key, c.iv, m.aad)
	return &chachaOpener{s, m.mac}, err
}

type chachaSealer struct{ *chachastream.Stream }

func (c chachaSealer) pad(last []byte) []byte    { return last }
func (c chachaSealer) encrypt(part []byte) error { return c.Encrypt(part, part) }
func (c chachaSealer) mac() []byte {
	tag := c.Tag()
	return tag[:]
}

type chachaOpener struct {
	stream *chachastream.Stream
	mac    []byte
}

func (c *chachaOpener) blockSize() int            { return 1 }
func (c *chachaOpener) decrypt(part []byte) error { return c.stream.Decrypt(part, part) }
func (c *chachaOpener) finish(tail []byte) ([]byte, bool) {
	return tail, c.stream.Verify(c.mac) == nil
}
