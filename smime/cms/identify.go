package cms

// This file tells which certificate the identifier of a signer or recipient means.

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/ber"
	"sealgate/internal/x509cert"
)

// signerID names a certificate: issuer and serial number, or key identifier.
type signerID struct {
	issuer []byte // DER of the Name
	serial []byte // contents of the INTEGER
	ski    []byte
}

// String is for people: issuer and serial number, or key identifier.
func (id signerID) String() string {
	if id.ski != nil {
		return "key identifier " + hex.EncodeToString(id.ski)
	}
	return fmt.Sprintf("issuer %q, serial %x", nameString(id.issuer), id.serialNumber())
}

func (id signerID) serialNumber() *big.Int {
	n := new(big.Int)
	if _, err := asn1.Unmarshal(id.serial, &n); err != nil {
		return new(big.Int)
	}
	return n
}

// maxName bounds the names that are made into text, in bytes: pkix puts them
// together in quadratic time. Real ones have some 200.
const maxName = 4 << 10

// nameString is a Name for people, and for comparison with what another
// program made of the same name; "" for one that is malformed or too long.
func nameString(der []byte) string {
	var name pkix.RDNSequence
	if len(der) > maxName {
		return ""
	}
	if _, err := asn1.Unmarshal(der, &name); err != nil {
		return ""
	}
	return name.String()
}

// sameName compares two Names. Some programs encode the issuer anew, with
// another kind of string; which certificate is meant is all that is decided here.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	s := nameString(a)
	return s != "" && s == nameString(b)
}

// means reports whether the identifier names the certificate.
func (id signerID) means(c *x509.Certificate) bool {
	if id.ski != nil {
		return bytes.Equal(id.ski, keyID(c))
	}
	return id.meansRaw(c.Raw) ||
		bytes.Equal(id.serial, derBigInt(c.SerialNumber)) && sameName(id.issuer, c.RawIssuer)
}

// keyID is the subject key identifier, or what it would be (RFC 5280 §4.2.1.2, method 1).
func keyID(c *x509.Certificate) []byte {
	if len(c.SubjectKeyId) > 0 {
		return c.SubjectKeyId
	}
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return nil
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:]
}

// meansRaw tells the same of a certificate that crypto/x509 cannot parse, by
// its first fields (RFC 5280 §4.1).
func (id signerID) meansRaw(raw []byte) bool {
	in := cryptobyte.String(raw)
	var certificate, tbs, issuer, serial cryptobyte.String
	version := cbasn1.Tag(0).ContextSpecific().Constructed()
	return id.ski == nil &&
		in.ReadASN1(&certificate, cbasn1.SEQUENCE) && certificate.ReadASN1(&tbs, cbasn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(version) && tbs.ReadASN1Element(&serial, cbasn1.INTEGER) &&
		tbs.SkipASN1(cbasn1.SEQUENCE) && tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) &&
		bytes.Equal(serial, id.serial) && sameName(issuer, id.issuer)
}

// bagOf is the certificates of a SignedData, parsed when needed.
type bagOf struct {
	raw    [][]byte
	parsed []*x509.Certificate
	tried  []bool
}

func newBag(raw [][]byte) *bagOf {
	return &bagOf{raw, make([]*x509.Certificate, len(raw)), make([]bool, len(raw))}
}

// at returns nil for what is no certificate: one bad one in the bag does not
// matter. One with enormous names is as bad: whoever shows them, as pkix does,
// takes quadratic time (40 s for a MiB).
func (b *bagOf) at(i int) *x509.Certificate {
	if !b.tried[i] {
		b.tried[i] = true
		if c, err := x509cert.Parse(b.raw[i]); err == nil && len(c.RawSubject) <= maxName &&
			len(c.RawIssuer) <= maxName {
			b.parsed[i] = c
		}
	}
	return b.parsed[i]
}

// find returns the certificates that the identifier may mean, and if there is
// none, the first that cannot be parsed but is meant.
func (b *bagOf) find(id signerID) (certs []*x509.Certificate, unreadable []byte) {
	for i, raw := range b.raw {
		if id.ski == nil && !id.meansRaw(raw) {
			continue // most of the bag need not be parsed
		}
		if c := b.at(i); c == nil && unreadable == nil {
			unreadable = raw
		} else if c != nil && id.means(c) {
			certs = append(certs, c)
		}
	}
	return certs, unreadable
}

// signerID reads SignerIdentifier: IssuerAndSerialNumber or [0] key identifier.
func (p *parser) signerID() (id signerID, err error) {
	tag, err := p.Peek()
	if err != nil {
		return id, err
	}
	if tag&^0x20 == implicit(0) {
		id.ski, err = p.octets(implicit(0))
		return id, err
	}
	return p.issuerAndSerial(cbasn1.SEQUENCE)
}

// issuerAndSerial reads IssuerAndSerialNumber (RFC 5652 §10.2.4).
func (p *parser) issuerAndSerial(tag cbasn1.Tag) (id signerID, err error) {
	err = p.in(tag, func() error {
		raw, err := p.raw()
		if err != nil {
			return err
		}
		id.issuer, err = ber.DER(raw)
		if err != nil {
			return p.problem("bad issuer name")
		}
		n, err := p.Int()
		if err != nil {
			return err
		}
		id.serial = derBigInt(n)
		return nil
	})
	return id, err
}

// named is false for the recipients that have no certificate.
func (id signerID) named() bool { return id.ski != nil || id.issuer != nil }

// issuerAndSerial is IssuerAndSerialNumber (RFC 5652 §10.2.4).
func issuerAndSerial(c *x509.Certificate) []byte {
	return der(cbasn1.SEQUENCE, c.RawIssuer, derBigInt(c.SerialNumber))
}
