package x509cert

// This file writes what crypto/x509 refuses in strict form. Whether it refuses a field is
// asked of itself, so that there is one opinion about what is strict.

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/brainpool"
)

// maxQuestions bounds how often crypto/x509 is asked about the fields of one certificate:
// once for each field, extension, and entry of a list that it refuses. Mail brings
// certificates by the dozen, and an entry of two octets costs as much as any.
const maxQuestions = 512

// rewriting is the strict form of one certificate in the making.
type rewriting struct {
	remarks   []string
	questions int
	refused   bool
	otherKey  bool             // the key is on a curve that crypto/x509 does not know
	brainpool *ecdsa.PublicKey // it, on a curve that is known here
}

// accepts reports whether crypto/x509 reads a certificate whose one field is set by set.
// Beyond maxQuestions the certificate is refused.
func (w *rewriting) accepts(set func(*fields)) bool {
	w.questions++
	if w.questions > maxQuestions {
		w.refused = true
		return false
	}
	return accepted(set)
}

func (w *rewriting) remark(s string) {
	if !slices.Contains(w.remarks, s) {
		w.remarks = append(w.remarks, s)
	}
}

// sequence is SEQUENCE { elements }.
func sequence(elements ...[]byte) []byte {
	return tagged(cb.SEQUENCE, slices.Concat(elements...))
}

// tagged is an element with a tag and content that were read, or are short.
func tagged(tag cb.Tag, content []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	return b.BytesOrPanic() // content is no longer than maxTolerated allows
}

// The parts of the least certificate that crypto/x509 reads.
var (
	leastID  = []byte{byte(cb.OBJECT_IDENTIFIER), 1, 0x2a} // {1 2}: no algorithm
	leastKey = sequence(sequence(leastID), []byte{byte(cb.BIT_STRING), 1, 0})
	leastUTC = tagged(cb.UTCTime, []byte("000101000000Z"))
)

// accepted reports whether crypto/x509 reads a certificate whose one field is set by set.
func accepted(set func(*fields)) bool {
	f := fields{
		version: version3, serial: []byte{1}, algorithm: sequence(leastID), issuer: sequence(),
		validity: sequence(leastUTC, leastUTC), subject: sequence(), key: leastKey,
		outside: slices.Concat(sequence(leastID), []byte{byte(cb.BIT_STRING), 1, 0}),
	}
	set(&f)
	der, err := f.encode()
	if err != nil {
		return false
	}
	_, err = x509.ParseCertificate(der)
	return err == nil
}

// serial stands for a number that is negative (RFC 5280 §4.1.2.2) or has octets too many
// (X.690 §8.3.2); the number itself is put back.
func (w *rewriting) serial(content []byte) []byte {
	if w.accepts(func(f *fields) { f.serial = content }) {
		return content
	}
	w.remark("the serial number is negative or has leading zeros")
	return []byte{1}
}

var (
	idRSA = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
	idEC  = []byte("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01")
)

// keyParts are those of a SubjectPublicKeyInfo: algorithm, its parameters, and the key.
func keyParts(info []byte) (id, parameters, key []byte, ok bool) {
	in := cryptobyte.String(info)
	var content, algorithm cryptobyte.String
	ok = in.ReadASN1(&content, cb.SEQUENCE) && content.ReadASN1(&algorithm, cb.SEQUENCE) &&
		element(&algorithm, &id, cb.OBJECT_IDENTIFIER)
	return id, algorithm, content, ok
}

// key takes an RSA key without its NULL (RFC 3279 §2.3.1) and a key on a curve that
// crypto/x509 does not know.
func (w *rewriting) key(info []byte) []byte {
	if w.accepts(func(f *fields) { f.key = info }) {
		return info
	}
	id, parameters, key, ok := keyParts(info)
	switch {
	case ok && slices.Equal(id, idEC):
		w.curve(info)
		return leastKey
	case ok && slices.Equal(id, idRSA) && len(parameters) == 0:
		w.remark("the RSA key has no parameters where NULL belongs")
		return sequence(sequence(id, []byte{byte(cb.NULL), 0}), key)
	}
	w.refused = true
	return info
}

// curve reads a key on a brainpool curve (RFC 5639), which is nothing to be tolerated. On
// another curve it stays unread; where the point is none of the curve, the certificate is
// refused, as crypto/x509 does it with the curves that it knows.
func (w *rewriting) curve(info []byte) {
	w.otherKey = true
	key, err := brainpool.ParsePublicKey(info)
	switch {
	case err == nil:
		w.brainpool = key
	case errors.Is(err, brainpool.ErrOtherCurve):
		w.remark("the key is on an unknown curve")
	default:
		w.refused = true
	}
}
