package revocation

// This file reads base CRLs (RFC 5280 §5) of any length in little memory: of each
// entry a few octets are kept.

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/trust"
)

// crl is a CRL that was verified against its issuer.
type crl struct {
	this, next time.Time
	point      issuingPoint
	entries    []entry   // sorted by number
	refresh    time.Time // when a newer one is asked for
}

// entry is one revoked certificate: 16 octets instead of the list's forty and
// crypto/x509's three hundred.
type entry struct {
	number uint64 // the first octets of the serial number's SHA-256
	since  int32  // hours since 1970
	cause  int8
}

func shortNumber(serial *big.Int) uint64 {
	h := sha256.Sum256(numberOctets(serial))
	return binary.BigEndian.Uint64(h[:])
}

// parseCRL verifies a CRL (DER, or PEM as some servers send it) that issuer must
// have signed.
func parseCRL(data []byte, issuer *x509.Certificate) (*crl, error) {
	if b, _ := pem.Decode(data); b != nil {
		data = b.Bytes
	}
	parts, err := splitCRL(data)
	if err != nil {
		return nil, err
	}
	list, err := x509.ParseRevocationList(parts.without)
	if err != nil {
		return nil, err
	}
	if err := signedBy(list, parts, issuer); err != nil {
		return nil, err
	}
	c := &crl{this: list.ThisUpdate, next: list.NextUpdate}
	c.point, err = crlExtensions(list)
	if err != nil {
		return nil, err
	}
	c.entries, err = readEntries(parts.revoked)
	return c, err
}

// crlParts are the parts of a CertificateList; without is the same with no
// entries, for crypto/x509 to read.
type crlParts struct {
	tbs, revoked, algorithm, signature, without []byte
}

var errCRL = errors.New("not a CRL")

// splitCRL parts CertificateList { tbsCertList { version, signature, issuer,
// thisUpdate, nextUpdate, revokedCertificates, [0] extensions }, algorithm,
// signature }.
func splitCRL(der []byte) (p crlParts, err error) {
	in := cryptobyte.String(der)
	var outer, tbs, body, algorithm, bits cryptobyte.String
	if !in.ReadASN1(&outer, cb.SEQUENCE) || !in.Empty() || !outer.ReadASN1Element(&tbs, cb.SEQUENCE) ||
		!outer.ReadASN1Element(&algorithm, cb.SEQUENCE) || !outer.ReadASN1Element(&bits, cb.BIT_STRING) ||
		!outer.Empty() {
		return p, errCRL
	}
	p.tbs = tbs
	p.algorithm = algorithm
	if !tbs.ReadASN1(&body, cb.SEQUENCE) {
		return p, errCRL
	}
	var kept []byte
	sequences := 0
	for !body.Empty() {
		var e cryptobyte.String
		var tag cb.Tag
		if !body.ReadAnyASN1Element(&e, &tag) {
			return p, errCRL
		}
		if tag == cb.SEQUENCE {
			sequences++
		}
		if tag == cb.SEQUENCE && sequences == 3 { // after algorithm and issuer
			p.revoked = e
			continue
		}
		kept = append(kept, e...)
	}
	p.signature, p.without, err = reassemble(kept, algorithm, bits)
	return p, err
}

func reassemble(tbs []byte, algorithm, bits cryptobyte.String) (signature, der []byte, err error) {
	var b cryptobyte.Builder
	b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(tbs) })
		b.AddBytes(algorithm)
		b.AddBytes(bits)
	})
	der, err = b.Bytes()
	var s []byte
	if !bits.ReadASN1BitStringAsBytes(&s) {
		return nil, nil, errCRL
	}
	return s, der, err
}

// signedBy: name, right to sign CRLs, and signature (RFC 5280 §6.3.3 (f), (g)).
func signedBy(list *x509.RevocationList, p crlParts, issuer *x509.Certificate) error {
	if !slices.Equal(list.RawIssuer, issuer.RawSubject) {
		return errors.New("the CRL is another authority's (indirect CRLs are not read here)")
	}
	if !spki.MaySignCRLs(issuer) {
		return errors.New("the authority's certificate may not sign CRLs")
	}
	signature := spki.Signature{
		Signed: p.tbs, Known: list.SignatureAlgorithm, Algorithm: p.algorithm, Value: p.signature,
	}
	if err := spki.CheckSignature(issuer, signature); err != nil {
		return fmt.Errorf("the CRL's signature: %w", err)
	}
	return nil
}

// crlExtensions refuses what would change the meaning of the list.
func crlExtensions(list *x509.RevocationList) (p issuingPoint, err error) {
	for _, e := range list.Extensions {
		switch {
		case e.Id.Equal(oidIssuingPoint):
			p, err = readIssuingPoint(e.Value)
			if err != nil {
				return p, err
			}
		case e.Id.Equal(oidDeltaCRL):
			return p, errors.New("a delta CRL where the whole one should be")
		case e.Id.Equal(oidCRLNumber), e.Id.Equal(oidAuthorityKey):
		case e.Critical:
			return p, fmt.Errorf("unknown critical extension %v in the CRL", e.Id)
		}
	}
	return p, nil
}

// readEntries reads revokedCertificates: SEQUENCE OF { serial, date, extensions }.
func readEntries(der []byte) (out []entry, err error) {
	if len(der) == 0 {
		return nil, nil
	}
	in := cryptobyte.String(der)
	var list cryptobyte.String
	if !in.ReadASN1(&list, cb.SEQUENCE) {
		return nil, errCRL
	}
	for !list.Empty() {
		e, remove, err := readEntry(&list)
		if err != nil {
			return nil, err
		}
		if !remove {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	return slices.Clip(out), nil
}

func readEntry(list *cryptobyte.String) (e entry, remove bool, err error) {
	var s, serial cryptobyte.String
	if !list.ReadASN1(&s, cb.SEQUENCE) || !s.ReadASN1(&serial, cb.INTEGER) {
		return e, false, errCRL
	}
	since, ok := readTime(&s)
	if !ok {
		return e, false, errCRL
	}
	e = entry{number: shortNumber(x509cert.Integer(serial)), since: int32(since.Unix() / 3600)}
	if s.Empty() {
		return e, false, nil
	}
	e.cause, err = entryExtensions(&s)
	return e, e.cause == removeFromCRL, err
}

// removeFromCRL stands in delta CRLs only, and says that the certificate is good.
const removeFromCRL = 8

func readTime(s *cryptobyte.String) (t time.Time, ok bool) {
	if s.PeekASN1Tag(cb.UTCTime) {
		return t, s.ReadASN1UTCTime(&t)
	}
	return t, s.ReadASN1GeneralizedTime(&t)
}

// entryExtensions gives the reason code; a critical one that we do not know, such
// as another issuer's name, makes the whole list unusable (RFC 5280 §5.3).
func entryExtensions(s *cryptobyte.String) (cause int8, err error) {
	var list cryptobyte.String
	if !s.ReadASN1(&list, cb.SEQUENCE) {
		return 0, errCRL
	}
	for !list.Empty() {
		var ext, id, value, flag cryptobyte.String
		var critical bool // a critical FALSE, which is not DER, counts as TRUE
		if !list.ReadASN1(&ext, cb.SEQUENCE) || !ext.ReadASN1(&id, cb.OBJECT_IDENTIFIER) ||
			!ext.ReadOptionalASN1(&flag, &critical, cb.BOOLEAN) || !ext.ReadASN1(&value, cb.OCTET_STRING) {
			return 0, errCRL
		}
		switch {
		case string(id) == "\x55\x1d\x15": // reasonCode 2.5.29.21
			var n int
			if !value.ReadASN1Enum(&n) || n < 0 || n > 10 {
				return 0, errCRL
			}
			cause = int8(n)
		case string(id) == "\x55\x1d\x18": // invalidityDate 2.5.29.24
		case critical:
			return 0, errIndirect
		}
	}
	return cause, nil
}

// find looks for a certificate on the list.
func (c *crl) find(cert *x509.Certificate) (e entry, on bool) {
	n := shortNumber(cert.SerialNumber)
	i, on := slices.BinarySearchFunc(c.entries, n, func(e entry, n uint64) int { return cmp.Compare(e.number, n) })
	if on {
		e = c.entries[i]
	}
	return e, on
}

// fresh says why the list does not speak for a time.
func (c *crl) fresh(at time.Time) error {
	switch {
	case c.this.After(at.Add(skew)):
		return fmt.Errorf("the CRL is of %s, which is not yet", c.this.UTC().Format(time.RFC3339))
	case c.next.IsZero():
		return errors.New("the CRL does not say until when it holds")
	case c.next.Before(at):
		return fmt.Errorf("the CRL held until %s", c.next.UTC().Format(time.RFC3339))
	}
	return nil
}

// answer is what the list says of a certificate.
func (c *crl) answer(cert *x509.Certificate) answer {
	a := answer{State: trust.RevocationGood, Made: c.this, Until: c.next, Refresh: c.refresh}
	if e, on := c.find(cert); on {
		a.State = trust.RevocationRevoked
		a.Since = time.Unix(int64(e.since)*3600, 0)
		a.Cause = int(e.cause)
	}
	return a
}

// clone is a copy, for readers hold the other.
func (c *crl) clone() *crl {
	d := *c
	return &d
}
