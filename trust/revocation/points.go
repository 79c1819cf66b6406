package revocation

// This file reads where CRLs lie (RFC 5280 §4.2.1.13) and what one of them covers
// (§5.2.5): crypto/x509 gives the URLs alone.

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/trust"
)

var (
	oidCRLPoints    = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidIssuingPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidDeltaCRL     = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidCRLNumber    = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidAuthorityKey = asn1.ObjectIdentifier{2, 5, 29, 35}
)

// point is one DistributionPoint.
type point struct {
	names    []string // GeneralNames, DER
	urls     []string
	reasons  bool // it covers some reasons only
	indirect bool // another authority speaks there
}

// Bounds of what one certificate may send us after.
const (
	maxOCSPURLs = 2
	maxPoints   = trust.MaxAnswers - maxOCSPURLs
	maxURLs     = 4 // of one point
)

// points are a certificate's distribution points with URLs; nil when there is no
// such extension or it cannot be read.
func points(c *x509.Certificate) (out []point) {
	for _, e := range c.Extensions {
		if !e.Id.Equal(oidCRLPoints) {
			continue
		}
		s := cryptobyte.String(e.Value)
		var list cryptobyte.String
		if !s.ReadASN1(&list, cb.SEQUENCE) {
			return nil
		}
		for !list.Empty() && len(out) < maxPoints {
			p, ok := readPoint(&list)
			if !ok {
				return nil
			}
			if len(p.urls) > 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

// readPoint reads a DistributionPoint: [0] name, [1] reasons, [2] cRLIssuer.
func readPoint(list *cryptobyte.String) (p point, ok bool) {
	var s, name, rest cryptobyte.String
	var named bool
	if !list.ReadASN1(&s, cb.SEQUENCE) || !s.ReadOptionalASN1(&name, &named, cb.Tag(0).Constructed().ContextSpecific()) {
		return p, false
	}
	if named {
		p.names, p.urls, ok = fullName(name)
		if !ok {
			return p, false
		}
	}
	return p, s.ReadOptionalASN1(&rest, &p.reasons, cb.Tag(1).ContextSpecific()) &&
		s.ReadOptionalASN1(&rest, &p.indirect, cb.Tag(2).Constructed().ContextSpecific())
}

// fullName are the names of a DistributionPointName, and which of them are URLs; one
// relative to the issuer has none.
func fullName(name cryptobyte.String) (names, urls []string, ok bool) {
	var full cryptobyte.String
	var isFull bool
	if !name.ReadOptionalASN1(&full, &isFull, cb.Tag(0).Constructed().ContextSpecific()) {
		return nil, nil, false
	}
	for !full.Empty() && len(names) < maxURLs {
		var one, uri cryptobyte.String
		var tag cb.Tag
		if !full.ReadAnyASN1Element(&one, &tag) {
			return nil, nil, false
		}
		names = append(names, string(one))
		if one.ReadASN1(&uri, cb.Tag(6).ContextSpecific()) {
			urls = append(urls, string(uri))
		}
	}
	return names, urls, true
}

// issuingPoint says for which certificates a CRL speaks.
type issuingPoint struct {
	named                  bool // it is the part of the list that has one of these names
	names                  []string
	usersOnly, authorities bool
}

var errIndirect = errors.New("an indirect CRL, or one for some reasons only, is not read here")

// readIssuingPoint reads issuingDistributionPoint (RFC 5280 §5.2.5).
func readIssuingPoint(value []byte) (p issuingPoint, err error) {
	s := cryptobyte.String(value)
	var seq, name cryptobyte.String
	var someReasons, indirect, attributes bool
	flag := func(out *bool, tag uint8) bool {
		var v cryptobyte.String
		var present bool
		ok := seq.ReadOptionalASN1(&v, &present, cb.Tag(tag).ContextSpecific())
		*out = present && !(len(v) == 1 && v[0] == 0)
		return ok
	}
	ok := s.ReadASN1(&seq, cb.SEQUENCE) && s.Empty() &&
		seq.ReadOptionalASN1(&name, &p.named, cb.Tag(0).Constructed().ContextSpecific()) &&
		flag(&p.usersOnly, 1) && flag(&p.authorities, 2) && flag(&someReasons, 3) && flag(&indirect, 4) &&
		flag(&attributes, 5) && seq.Empty()
	if ok && p.named {
		p.names, _, ok = fullName(name)
	}
	switch {
	case !ok:
		return p, errors.New("its issuingDistributionPoint cannot be read")
	case someReasons || indirect || attributes:
		return p, errIndirect
	}
	return p, nil
}

// covers reports whether a CRL with this issuing point, found at a distribution
// point, speaks of the certificate (RFC 5280 §6.3.3 (b)).
func (p issuingPoint) covers(c *x509.Certificate, at point) bool {
	if p.usersOnly && c.IsCA || p.authorities && !c.IsCA {
		return false
	}
	return !p.named || slices.ContainsFunc(p.names, func(n string) bool { return slices.Contains(at.names, n) })
}
