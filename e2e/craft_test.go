package e2e

// This file puts CMS together by hand, for what no honest program writes.

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"slices"
	"strings"

	"sealgate/internal/testpki"
)

// The tags that are written here.
const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagNull     = 0x05
	tagOID      = 0x06
	tagSequence = 0x30
	tagSet      = 0x31
	tagExplicit = 0xa0 // [0]
)

// Object identifiers, DER.
var (
	oidData          = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1})
	oidSignedData    = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2})
	oidEnvelopedData = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3})
	oidAuthEnveloped = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 23})
	oidContentType   = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3})
	oidMessageDigest = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4})
	oidCompressed    = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 9})
	oidZlib          = der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 3, 8})
	algorithmSHA256  = der(tagSequence, der(tagOID, []byte{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1}))
	algorithmRSA     = der(tagSequence, der(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}), der(tagNull))
)

// der is a tag, a length and what it holds.
func der(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	n := len(body)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	}
	return append([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

// part takes the first value off DER: with its tag, and what it holds.
func (s *site) part(b []byte) (whole, body, rest []byte) {
	s.t.Helper()
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(b, &v)
	if err != nil {
		s.t.Fatal(err)
	}
	return v.FullBytes, v.Bytes, rest
}

// setOf is a SET OF in DER's order, which is what a signature is over.
func setOf(parts ...[]byte) []byte {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, bytes.Compare)
	return der(tagSet, parts...)
}

func attribute(id []byte, values ...[]byte) []byte { return der(tagSequence, id, setOf(values...)) }

func digestOf(content string) []byte {
	sum := sha256.Sum256([]byte(content))
	return der(tagOctets, sum[:])
}

// honestAttributes are those that every signer sends (RFC 5652 §11).
func honestAttributes(content string) [][]byte {
	return [][]byte{attribute(oidContentType, oidData), attribute(oidMessageDigest, digestOf(content))}
}

func issuerAndSerial(c *testpki.Cert) []byte {
	serial, _ := asn1.Marshal(c.Certificate.SerialNumber)
	return der(tagSequence, c.Certificate.RawIssuer, serial)
}

// signerInfo is one SignerInfo with any attributes; without any, the signature is
// over the content itself (RFC 5652 §5.4).
func (s *site) signerInfo(c *testpki.Cert, content string, attributes ...[]byte) []byte {
	s.t.Helper()
	signed, sent := []byte(content), []byte(nil)
	if attributes != nil {
		signed = setOf(attributes...)
		sent = append([]byte{tagExplicit}, signed[1:]...)
	}
	return signerInfoOf(c, sent, s.signature(c, signed))
}

func signerInfoOf(c *testpki.Cert, attributes, signature []byte) []byte {
	return der(tagSequence, der(tagInteger, []byte{1}), issuerAndSerial(c), algorithmSHA256, attributes, algorithmRSA, der(tagOctets, signature))
}

func (s *site) signature(c *testpki.Cert, signed []byte) []byte {
	s.t.Helper()
	sum := sha256.Sum256(signed)
	signature, err := c.Key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		s.t.Fatal(err)
	}
	return signature
}

// signedData is an opaque message, as an entity, with any SignerInfos.
func signedData(content string, certificates [][]byte, infos ...[]byte) string {
	return cmsEntity("signed-data", signedDataOf(der(tagExplicit, der(tagOctets, []byte(content))), certificates, infos...))
}

// signedDataOf is ContentInfo with SignedData; no content makes it a detached one.
func signedDataOf(content []byte, certificates [][]byte, infos ...[]byte) []byte {
	return contentInfo(oidSignedData, der(tagSequence, der(tagInteger, []byte{1}), setOf(algorithmSHA256), der(tagSequence, oidData, content),
		der(tagExplicit, certificates...), setOf(infos...)))
}

func contentInfo(id, content []byte) []byte { return der(tagSequence, id, der(tagExplicit, content)) }

// detachedBy is a multipart/signed of an entity and DER.
func detachedBy(entity string, signature []byte) string {
	return "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=by-hand\n\n--by-hand\n" + entity + "\n--by-hand\n" +
		"Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\n" + lines64(signature) + "--by-hand--\n"
}

// cmsEntity is DER as an entity, with LF.
func cmsEntity(kind string, b []byte) string {
	return "Content-Type: application/pkcs7-mime; smime-type=" + kind + "; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n" + lines64(b)
}

func lines64(b []byte) string {
	var text strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(b)), 76) {
		text.Write(line)
		text.WriteByte('\n')
	}
	return text.String()
}

// envelope is somebody's EnvelopedData, taken apart by one who has no key.
type envelope struct {
	version    []byte
	recipients [][]byte // RecipientInfos
	content    []byte   // EncryptedContentInfo
}

// envelope takes openssl's apart.
func (s *site) envelope(b string) (e envelope) {
	s.t.Helper()
	_, info, _ := s.part([]byte(b))
	_, _, rest := s.part(info)
	_, explicit, _ := s.part(rest)
	_, fields, _ := s.part(explicit)
	e.version, _, rest = s.part(fields)
	_, list, content := s.part(rest)
	for e.content = content; len(list) > 0; {
		var one []byte
		one, _, list = s.part(list)
		e.recipients = append(e.recipients, one)
	}
	return e
}

// entity is the same content for other RecipientInfos.
func (e envelope) entity(recipients ...[]byte) string {
	return cmsEntity("enveloped-data", contentInfo(oidEnvelopedData, der(tagSequence, e.version, der(tagSet, recipients...), e.content)))
}

// renamed is a RecipientInfo with its encrypted key, said to be somebody else's.
func (s *site) renamed(recipient []byte, to *testpki.Cert) []byte {
	s.t.Helper()
	_, body, _ := s.part(recipient)
	version, _, rest := s.part(body)
	_, _, rest = s.part(rest) // its true owner
	return der(tagSequence, version, issuerAndSerial(to), rest)
}
