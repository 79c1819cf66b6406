// Messages put together by hand, for what no honest program writes.

package cms

//lint:file-ignore SA1019 PKCS #1 v1.5 encryption is what S/MIME is sent with (RFC 8551 §2.3)

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/gcmstream"
	"sealgate/smime/cms/internal/oid"
)

// crafted is a SignedData by one signer, every part of which can be replaced.
type crafted struct {
	signer       identity
	contentType  asn1.ObjectIdentifier
	content      []byte
	attributes   [][]byte // nil: none; signed as DER, sent as they stand
	rawAttrs     []byte   // sent instead of attributes
	certificates [][]byte
	algorithm    []byte
	digest       []byte
}

// honest is what an honest signer would send.
func honest(tb testing.TB, key string, content []byte) *crafted {
	id := load(tb, key)
	sum := sha256.Sum256(content)
	c := &crafted{signer: id, contentType: oid.Data, content: content, certificates: [][]byte{id.Certificate.Raw}, digest: derAlgorithm(oid.SHA256)}
	c.attributes = [][]byte{attribute(oid.ContentType, derOID(oid.Data)), attribute(oid.MessageDigest, derOctets(sum[:]))}
	c.algorithm = derAlgorithm(oid.RSAEncryption, derNull)
	switch id.Key.(type) {
	case ed25519.PrivateKey:
		c.algorithm = derAlgorithm(oid.Ed25519)
	case *rsa.PrivateKey:
	default:
		c.algorithm = derAlgorithm(oid.ECDSAWithSHA256)
	}
	return c
}

func (c *crafted) sign(tb testing.TB, signed []byte) []byte {
	tb.Helper()
	var options crypto.SignerOpts = crypto.SHA256
	sum := sha256.Sum256(signed)
	digest := sum[:]
	if _, ok := c.signer.Key.(ed25519.PrivateKey); ok {
		options, digest = crypto.Hash(0), signed
	}
	signature, err := c.signer.signer().Sign(rand.Reader, digest, options)
	if err != nil {
		tb.Fatal(err)
	}
	return signature
}

func (c *crafted) signerInfo(tb testing.TB) []byte {
	signed, sent := c.content, []byte(nil)
	if c.attributes != nil {
		signed, sent = derSet(cbasn1.SET, c.attributes...), der(explicit(0), c.attributes...)
	}
	if c.rawAttrs != nil {
		sent = c.rawAttrs
	}
	return der(cbasn1.SEQUENCE, derInt(1), issuerAndSerial(c.signer.Certificate), c.digest, sent, c.algorithm, derOctets(c.sign(tb, signed)))
}

func (c *crafted) message(tb testing.TB, more ...[]byte) []byte {
	infos := append([][]byte{c.signerInfo(tb)}, more...)
	return signedDataOf(c.contentType, der(cbasn1.OCTET_STRING, c.content), c.certificates, infos, c.digest)
}

func signedDataOf(contentType asn1.ObjectIdentifier, octets []byte, certificates, infos [][]byte, digest []byte) []byte {
	return contentInfoOf(oid.SignedData, der(cbasn1.SEQUENCE, derInt(1), der(cbasn1.SET, digest),
		der(cbasn1.SEQUENCE, derOID(contentType), der(explicit(0), octets)),
		der(explicit(0), certificates...), der(cbasn1.SET, infos...)))
}

func contentInfoOf(id asn1.ObjectIdentifier, content []byte) []byte {
	return der(cbasn1.SEQUENCE, derOID(id), der(explicit(0), content))
}

// transportFor wraps a content key for an RSA certificate.
func transportFor(tb testing.TB, id identity, cek []byte) []byte {
	tb.Helper()
	encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, id.Certificate.PublicKey.(*rsa.PublicKey), cek)
	if err != nil {
		tb.Fatal(err)
	}
	return der(cbasn1.SEQUENCE, derInt(0), issuerAndSerial(id.Certificate), derAlgorithm(oid.RSAEncryption, derNull), derOctets(encrypted))
}

// envelope is an EnvelopedData of ready parts.
func envelope(cipherID asn1.ObjectIdentifier, parameters, encrypted []byte, recipients ...[]byte) []byte {
	return contentInfoOf(oid.EnvelopedData, der(cbasn1.SEQUENCE, derInt(0), der(cbasn1.SET, recipients...),
		der(cbasn1.SEQUENCE, derOID(oid.Data), derAlgorithm(cipherID, parameters), der(implicit(0), encrypted))))
}

// authEnvelope encrypts with AES-128-GCM and any attributes and length of tag.
func authEnvelope(tb testing.TB, content []byte, attributes [][]byte, announced, sent int, contentType asn1.ObjectIdentifier) []byte {
	tb.Helper()
	cek, nonce := randomBytes(16), randomBytes(12)
	block, err := aes.NewCipher(cek)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := gcmstream.New(block, nonce)
	if err != nil {
		tb.Fatal(err)
	}
	encrypted := bytes.Clone(content)
	if err := s.Encrypt(encrypted, encrypted); err != nil {
		tb.Fatal(err)
	}
	var aad, asSent []byte
	if attributes != nil {
		aad, asSent = derSet(cbasn1.SET, attributes...), der(explicit(1), attributes...)
	}
	tag := s.Tag(aad)
	mac := append(tag[:], 0)[:sent]
	parameters := der(cbasn1.SEQUENCE, derOctets(nonce), derInt(int64(announced)))
	if announced == 12 {
		parameters = der(cbasn1.SEQUENCE, derOctets(nonce)) // DEFAULT 12
	}
	return contentInfoOf(oid.AuthEnvelopedData, der(cbasn1.SEQUENCE, derInt(0), der(cbasn1.SET, transportFor(tb, load(tb, "rsa"), cek)),
		der(cbasn1.SEQUENCE, derOID(contentType), derAlgorithm(oid.AES128GCM, parameters), der(implicit(0), encrypted)),
		asSent, derOctets(mac)))
}
