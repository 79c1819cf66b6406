package x509cert

// This file takes a certificate apart and puts it together again, octet for octet, with
// the liberties that crypto/x509 leaves: it ignores what stands behind the last field.

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"
)

// fields are those of a Certificate (RFC 5280 §4.1): elements with their header, where
// nothing else is said.
type fields struct {
	raw, tbs   []byte // as they came
	version    []byte // or nothing
	serial     []byte // content only
	algorithm  []byte
	issuer     []byte
	validity   []byte
	subject    []byte
	key        []byte
	uniqueIDs  []byte // both, or nothing
	extensions []extension
	extended   bool   // there are extensions, be they none
	trailing   []byte // what stands behind the last field of the TBSCertificate
	outside    []byte // algorithm and signature
}

// extension is an Extension (RFC 5280 §4.1).
type extension struct {
	id       []byte
	critical []byte // content of the BOOLEAN; nil: there is none
	value    []byte // content
	rest     []byte // what stands behind it
	came     []byte // the value before it was written anew
}

// isCritical reports whether who does not know the extension must refuse the certificate
// (RFC 5280 §4.2).
func (e extension) isCritical() bool { return len(e.critical) > 0 && e.critical[0] != 0 }

var (
	tagVersion    = cb.Tag(0).ContextSpecific().Constructed()
	tagIssuerID   = cb.Tag(1).ContextSpecific()
	tagSubjectID  = cb.Tag(2).ContextSpecific()
	tagExtensions = cb.Tag(3).ContextSpecific().Constructed()
)

// version3 is the version that has extensions.
var version3 = []byte{byte(tagVersion), 3, byte(cb.INTEGER), 1, 2}

// read takes a certificate apart; it reports whether that can be done.
func read(der []byte) (f fields, ok bool) {
	in := cryptobyte.String(der)
	var certificate, tbs cryptobyte.String
	if !in.ReadASN1(&certificate, cb.SEQUENCE) || !in.Empty() ||
		!certificate.ReadASN1Element((*cryptobyte.String)(&f.tbs), cb.SEQUENCE) {
		return f, false
	}
	f.raw = der
	f.outside = certificate
	all := cryptobyte.String(f.tbs)
	if !all.ReadASN1(&tbs, cb.SEQUENCE) {
		return f, false
	}
	if tbs.PeekASN1Tag(tagVersion) && !element(&tbs, &f.version, tagVersion) {
		return f, false
	}
	if !tbs.ReadASN1((*cryptobyte.String)(&f.serial), cb.INTEGER) || len(f.serial) == 0 ||
		!element(&tbs, &f.algorithm, cb.SEQUENCE) || !element(&tbs, &f.issuer, cb.SEQUENCE) ||
		!element(&tbs, &f.validity, cb.SEQUENCE) || !element(&tbs, &f.subject, cb.SEQUENCE) ||
		!element(&tbs, &f.key, cb.SEQUENCE) {
		return f, false
	}
	if slices.Equal(f.version, version3) && !f.readExtensions(&tbs) {
		return f, false
	}
	f.trailing = tbs
	return f, true
}

func (f *fields) readExtensions(tbs *cryptobyte.String) bool {
	before := *tbs
	if !tbs.SkipOptionalASN1(tagIssuerID) || !tbs.SkipOptionalASN1(tagSubjectID) {
		return false
	}
	f.uniqueIDs = before[:len(before)-len(*tbs)]
	var explicit, list, one cryptobyte.String
	if !tbs.ReadOptionalASN1(&explicit, &f.extended, tagExtensions) {
		return false
	}
	if !f.extended {
		return true
	}
	if !explicit.ReadASN1(&list, cb.SEQUENCE) {
		return false
	}
	for !list.Empty() {
		var e extension
		if !list.ReadASN1(&one, cb.SEQUENCE) || !element(&one, &e.id, cb.OBJECT_IDENTIFIER) ||
			one.PeekASN1Tag(cb.BOOLEAN) && !one.ReadASN1((*cryptobyte.String)(&e.critical), cb.BOOLEAN) ||
			!one.ReadASN1((*cryptobyte.String)(&e.value), cb.OCTET_STRING) {
			return false
		}
		e.rest = one
		f.extensions = append(f.extensions, e)
	}
	return true
}

func element(in *cryptobyte.String, out *[]byte, tag cb.Tag) bool {
	return in.ReadASN1Element((*cryptobyte.String)(out), tag)
}

// encode is the certificate that the fields make.
func (f *fields) encode() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cb.SEQUENCE, f.encodeTBS)
		b.AddBytes(f.outside)
	})
	return b.Bytes()
}

func (f *fields) encodeTBS(b *cryptobyte.Builder) {
	b.AddBytes(f.version)
	b.AddASN1(cb.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(f.serial) })
	for _, e := range [][]byte{f.algorithm, f.issuer, f.validity, f.subject, f.key, f.uniqueIDs} {
		b.AddBytes(e)
	}
	if f.extended {
		b.AddASN1(tagExtensions, func(b *cryptobyte.Builder) {
			b.AddASN1(cb.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, e := range f.extensions {
					b.AddASN1(cb.SEQUENCE, e.encode)
				}
			})
		})
	}
	b.AddBytes(f.trailing)
}

func (e *extension) encode(b *cryptobyte.Builder) {
	b.AddBytes(e.id)
	if e.critical != nil {
		b.AddASN1(cb.BOOLEAN, func(b *cryptobyte.Builder) { b.AddBytes(e.critical) })
	}
	b.AddASN1(cb.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddBytes(e.value) })
	b.AddBytes(e.rest)
}
