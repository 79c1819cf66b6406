// The content-encryption algorithms (RFC 3565, 5084, 8103; 3370 for the old ones), a row each.

package cms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/asn1"

	"sealgate/internal/rc2"
	"sealgate/smime/cms/internal/chachastream"
	"sealgate/smime/cms/internal/gcmstream"
	"sealgate/smime/cms/internal/oid"
)

// maxCBC is where 2^32 blocks under one key end, in bytes, long before two equal blocks
// become likely.
const maxCBC = 1 << 36

// cipherSpec is one content-encryption algorithm.
type cipherSpec struct {
	name    string
	id      asn1.ObjectIdentifier
	mode    mode
	keySize int   // bytes; RC2's is in its parameters
	ivSize  int   // bytes of what we write, and of any CBC IV
	maxSize int64 // bytes of content under one key and IV
	block   func(key []byte) (cipher.Block, error)
	weak    bool // read, never written
}

// mode is how an algorithm works: its parameters, and one message through it.
type mode interface {
	// authenticates reports whether the algorithm belongs into AuthEnvelopedData (RFC 5083)
	// and not into EnvelopedData.
	authenticates() bool
	// parse reads the parameters of one message into c.
	parse(c *contentCipher, parameters []byte) error
	// parameters encodes what we write.
	parameters(iv []byte) []byte
	sealer(c *cipherSpec, key, iv []byte) (sealer, error)
	opener(c *contentCipher, m openedMessage) (opener, error)
}

// cipherSpecs are all that are known, those that are written in the order in which we
// want to get them (RFC 8551 §2.5.2).
var cipherSpecs = []cipherSpec{
	{"aes-256-gcm", oid.AES256GCM, gcmMode{}, 32, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{"aes-192-gcm", oid.AES192GCM, gcmMode{}, 24, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{"aes-128-gcm", oid.AES128GCM, gcmMode{}, 16, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{
		"chacha20-poly1305", oid.ChaCha20Poly1305,
		chachaMode{},
		chachastream.KeySize, chachastream.NonceSize,
		chachastream.MaxSize, nil, false,
	},
	{"aes-256-cbc", oid.AES256CBC, cbcMode{}, 32, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"aes-192-cbc", oid.AES192CBC, cbcMode{}, 24, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"aes-128-cbc", oid.AES128CBC, cbcMode{}, 16, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"des-ede3-cbc", oid.TripleDESCBC, cbcMode{}, 24, des.BlockSize, maxCBC, des.NewTripleDESCipher, true},
	{"rc2-cbc", oid.RC2CBC, rc2Mode{}, 0, rc2.BlockSize, maxCBC, nil, true},
}

// defaultCipher is what Encrypt takes when nobody says: every reader reads it.
const defaultCipher = "aes-256-cbc"

// Ciphers returns the names of the content-encryption algorithms that Encrypt writes.
func Ciphers() (names []string) {
	for _, c := range cipherSpecs {
		if !c.weak {
			names = append(names, c.name)
		}
	}
	return names
}

// IsAuthenticated reports whether Encrypt writes AuthEnvelopedData (RFC 5083) with this
// one of Ciphers, and not EnvelopedData. For another name it is false.
func IsAuthenticated(cipher string) bool {
	c, err := cipherFor(cipher)
	return err == nil && c.mode.authenticates()
}

// cipherFor returns what Encrypt takes for the name.
func cipherFor(name string) (*cipherSpec, error) {
	if name == "" {
		name = defaultCipher
	}
	for i, c := range cipherSpecs {
		if c.name == name && !c.weak {
			return &cipherSpecs[i], nil
		}
	}
	return nil, errCipher
}

// contentCipher is a content-encryption algorithm with the parameters of one message.
type contentCipher struct {
	*cipherSpec
	at      int64 // where in the message it is named
	iv      []byte
	keySize int // bytes
	tagSize int // bytes; 0: not authenticated
	rc2Bits int // effective key bits
}

// parseCipher reads contentEncryptionAlgorithm; nil for an unknown one.
func parseCipher(a algorithm) (*contentCipher, error) {
	for i := range cipherSpecs {
		spec := &cipherSpecs[i]
		if spec.id.Equal(a.id) {
			c := &contentCipher{cipherSpec: spec, at: a.at, keySize: spec.keySize}
			return c, spec.mode.parse(c, a.parameters)
		}
	}
	return nil, nil
}

// parseIV reads the parameters of an algorithm that has an IV and nothing else.
func (c *contentCipher) parseIV(parameters []byte) error {
	rest, err := asn1.Unmarshal(parameters, &c.iv)
	if err != nil || len(rest) > 0 || len(c.iv) != c.ivSize {
		return c.bad("IV")
	}
	return nil
}

func (c *contentCipher) bad(what string) error {
	return &Error{Layer: "EnvelopedData", Offset: c.at, Problem: "bad " + what + " of " + c.name}
}

// weakName is for EnvelopedData.Weak; "" if there is nothing weak.
func (c *contentCipher) weakName() string {
	switch {
	case c.rc2Bits == 40:
		return "rc2-40"
	case c.weak:
		return c.name
	}
	return ""
}

// sealer encrypts one message part by part; all but the last are whole chunks.
type sealer interface {
	pad(last []byte) []byte
	encrypt(part []byte) error // in place
	mac() []byte               // nil for CBC; ends the message
}

// opener decrypts one message part by part; all but the last are whole chunks.
type opener interface {
	decrypt(part []byte) error // in place
	// finish is given the last bytes of the plaintext, up to a block. It
	// returns what of them is content, and if padding or MAC are good.
	finish(tail []byte) ([]byte, bool)
	blockSize() int
}

// openedMessage is what an opener is told of a message: the content key, and what
// AuthEnvelopedData brings beside the content.
type openedMessage struct {
	key []byte
	aad []byte // the DER of authAttrs
	mac []byte
}

func (c *cipherSpec) checkSize(size int64) error {
	if size < 0 {
		return errNegative
	}
	if size > c.maxSize {
		return errTooMuch
	}
	return nil
}

// macSize is how long the mac is that we write.
func (c *cipherSpec) macSize() int {
	if c.mode.authenticates() {
		return macSize
	}
	return 0
}

// encryptedSize adds the padding of CBC (RFC 5652 §6.3).
func (c *cipherSpec) encryptedSize(size int64) int64 {
	if c.mode.authenticates() {
		return size
	}
	return size + aes.BlockSize - size%aes.BlockSize
}

// maxPadding is in bytes.
const maxPadding = aes.BlockSize
