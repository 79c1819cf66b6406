// What stands around the signed attributes.

package cms

import (
	"crypto/sha256"
	"errors"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// withUnsigned is a message whose signer has unsigned attributes.
func (c *crafted) withUnsigned(t *testing.T, unsigned ...[]byte) []byte {
	t.Helper()
	info := der(cbasn1.SEQUENCE, derInt(1), issuerAndSerial(c.signer.Certificate), c.digest, der(explicit(0), c.attributes...),
		c.algorithm, derOctets(c.sign(t, derSet(cbasn1.SET, c.attributes...))), der(explicit(1), unsigned...))
	return signedDataOf(c.contentType, der(cbasn1.OCTET_STRING, c.content), c.certificates, [][]byte{info}, c.digest)
}

// TestUnsignedAttributes: what must be signed may not stand there (RFC 5652
// §11.1 to §11.3), counter-signatures and all else are not looked at.
func TestUnsignedAttributes(t *testing.T) {
	counter := oid.OID{1, 2, 840, 113549, 1, 9, 6}
	sum := sha256.Sum256([]byte("something else"))
	for name, c := range map[string]struct {
		attribute []byte
		want      error
	}{
		"counter-signature":             {attribute(counter, derNull), nil},
		"message-digest":                {attribute(oid.MessageDigest, derOctets(sum[:])), ErrMalformed},
		"content-type":                  {attribute(oid.ContentType, derOID(oid.Data)), ErrMalformed},
		"signing-time":                  {attribute(oid.SigningTime, derNull), ErrMalformed},
		"another's signing certificate": {attribute(oid.SigningCertificateV2, signingCertificateV2(load(t, "rsa2").Certificate)), nil},
	} {
		if s := verifyOne(t, honest(t, "p256", signText).withUnsigned(t, c.attribute)); !errors.Is(s.Err, c.want) {
			t.Errorf("%s: %v", name, s.Err)
		}
	}
}

// TestTwoNamesForOneKey: an attacker's certificate for the signer's key is not
// taken for the signer's when the signature says whose it is.
func TestTwoNamesForOneKey(t *testing.T) {
	m := honest(t, "rsa", signText)
	good := m.signer.Certificate
	m.attributes = append(m.attributes, attribute(oid.SigningCertificateV2, signingCertificateV2(good)))
	m.certificates = [][]byte{renamed(t, good), good.Raw}
	if s := verifyOne(t, m.message(t)); s.Err != nil || !s.Certificate.Equal(good) {
		t.Errorf("%v", s.Err)
	}
	m.certificates = m.certificates[:1]
	if s := verifyOne(t, m.message(t)); !errors.Is(s.Err, ErrSignature) {
		t.Errorf("only the attacker's: %v", s.Err)
	}
}
