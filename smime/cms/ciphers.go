// The content-encryption algorithms (RFC 3565, 5084, 8103; 3370 for the old ones).

package cms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/asn1"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/rc2"
	"sealgate/smime/cms/internal/chachastream"
	"sealgate/smime/cms/internal/gcmstream"
	"sealgate/smime/cms/internal/oid"
)

const (
	macSize = 16 // bytes of the tag that we write; the longest, RFC 5084 §3.2
	// maxCBC is where 2^32 blocks under one key end, in bytes, long before two
	// equal blocks become likely.
	maxCBC = 1 << 36
	// maxNonce bounds a GCM nonce, in bytes; everybody uses 12.
	maxNonce = 1024
)

// cipherKind is what an algorithm needs to know.
type cipherKind int

const (
	cbc cipherKind = iota
	gcm
	chacha
	rc2CBC
)

// cipherSpec is one content-encryption algorithm.
type cipherSpec struct {
	name    string
	id      asn1.ObjectIdentifier
	kind    cipherKind
	keySize int   // bytes; RC2's is in its parameters
	ivSize  int   // bytes of what we write, and of any CBC IV
	maxSize int64 // bytes of content under one key and IV
	block   func(key []byte) (cipher.Block, error)
	weak    bool // read, never written
}

// cipherSpecs are all that are known.
var cipherSpecs = []cipherSpec{
	{"aes-256-cbc", oid.AES256CBC, cbc, 32, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"aes-192-cbc", oid.AES192CBC, cbc, 24, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"aes-128-cbc", oid.AES128CBC, cbc, 16, aes.BlockSize, maxCBC, aes.NewCipher, false},
	{"aes-256-gcm", oid.AES256GCM, gcm, 32, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{"aes-192-gcm", oid.AES192GCM, gcm, 24, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{"aes-128-gcm", oid.AES128GCM, gcm, 16, 12, gcmstream.MaxSize, aes.NewCipher, false},
	{"chacha20-poly1305", oid.ChaCha20Poly1305, chacha, chachastream.KeySize, chachastream.NonceSize, chachastream.MaxSize, nil, false},
	{"des-ede3-cbc", oid.TripleDESCBC, cbc, 24, des.BlockSize, maxCBC, des.NewTripleDESCipher, true},
	{"rc2-cbc", oid.RC2CBC, rc2CBC, 0, rc2.BlockSize, maxCBC, nil, true},
}

// Ciphers returns the names of the content-encryption algorithms that Encrypt writes.
func Ciphers() (names []string) {
	for _, c := range cipherSpecs {
		if !c.weak {
			names = append(names, c.name)
		}
	}
	return names
}

// cipherFor returns what Encrypt takes for the name.
func cipherFor(name string) (*cipherSpec, error) {
	if name == "" {
		name = "aes-256-cbc"
	}
	for i, c := range cipherSpecs {
		if c.name == name && !c.weak {
			return &cipherSpecs[i], nil
		}
	}
	return nil, errCipher
}

// aead tells if the algorithm authenticates, and so belongs into AuthEnvelopedData.
func (c *cipherSpec) aead() bool { return c.kind == gcm || c.kind == chacha }

// parameters encodes what we write.
func (c *cipherSpec) parameters(iv []byte) []byte {
	if c.kind == gcm { // GCMParameters (RFC 5084 §3.2); the tag's length would be 12 by default
		return der(cbasn1.SEQUENCE, derOctets(iv), derInt(macSize))
	}
	return derOctets(iv)
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
		if cipherSpecs[i].id.Equal(a.id) {
			c := &contentCipher{cipherSpec: &cipherSpecs[i], at: a.at, keySize: cipherSpecs[i].keySize}
			return c, c.parse(a.parameters)
		}
	}
	return nil, nil
}

func (c *contentCipher) parse(parameters []byte) error {
	switch c.kind {
	case gcm:
		p := struct {
			Nonce   []byte
			TagSize int `asn1:"optional,default:12"`
		}{}
		if rest, err := asn1.Unmarshal(parameters, &p); err != nil || len(rest) > 0 {
			return c.bad("parameters")
		}
		c.iv, c.tagSize = p.Nonce, p.TagSize
		if len(c.iv) < 1 || len(c.iv) > maxNonce {
			return c.bad("nonce")
		}
		if c.tagSize < gcmstream.MinTagSize || c.tagSize > gcmstream.MaxTagSize {
			return c.bad("length of the mac")
		}
		return nil
	case rc2CBC:
		return c.parseRC2(parameters)
	case chacha:
		c.tagSize = chachastream.TagSize
	}
	rest, err := asn1.Unmarshal(parameters, &c.iv)
	if err != nil || len(rest) > 0 || len(c.iv) != c.ivSize {
		return c.bad("IV")
	}
	return nil
}

// parseRC2 reads RC2-CBC's parameters (RFC 3370 §5.2): the version says how
// many bits of the key count, 32 if it is absent.
func (c *contentCipher) parseRC2(parameters []byte) error {
	var p struct {
		Version int
		IV      []byte
	}
	if _, err := asn1.Unmarshal(parameters, &c.iv); err == nil {
		c.rc2Bits = 32
	} else if rest, err := asn1.Unmarshal(parameters, &p); err != nil || len(rest) > 0 {
		return c.bad("parameters")
	} else if bits, ok := rc2.EffectiveBits(p.Version); !ok {
		return c.bad("version")
	} else {
		c.iv, c.rc2Bits = p.IV, bits
	}
	if len(c.iv) != c.ivSize {
		return c.bad("IV")
	}
	c.keySize = (c.rc2Bits + 7) / 8
	return nil
}

func (c *contentCipher) bad(what string) error {
	return &Error{"EnvelopedData", c.at, "bad " + what + " of " + c.name}
}

// weakName is for EnvelopedData.Weak; "" if there is nothing weak.
func (c *contentCipher) weakName() string {
	switch {
	case c.kind == rc2CBC && c.rc2Bits == 40:
		return "rc2-40"
	case c.weak:
		return c.name
	}
	return ""
}

func (c *contentCipher) newBlock(key []byte) (cipher.Block, error) {
	if c.kind == rc2CBC {
		return rc2.New(key, c.rc2Bits)
	}
	return c.block(key)
}
