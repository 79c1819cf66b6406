// Package certfile reads certificates in every kind of file that people hand out: PEM, DER,
// base64, bundles (.p7b, .p7c), PKCS#12, LDIF, vCards, and signed or certs-only mail.
package certfile

// This file tells the kinds apart.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"

	"sealgate/certstore"
	"sealgate/internal/charset"
	"sealgate/internal/pkcs12"
	"sealgate/smime"
	"sealgate/spool"
)

// MaxSize bounds a file, in octets: an export of a directory, or a mail with attachments.
const MaxSize = 64 << 20

// maxEntries bounds the certificates of one LDIF or vCard file.
const maxEntries = 50_000

// ErrNone says that a file holds no certificate that is read.
var ErrNone = errors.New("certfile: no certificates in it " +
	"(PEM, DER, base64, .p7b/.p7c, .p12, LDIF, vCard and signed mail are read)")

var errNoPassword = errors.New("certfile: a .p12 file with a password, and none is given (--password-file)")

// Options are what some kinds need.
type Options struct {
	Password func() ([]byte, error) // of a .p12; nil: there is none
	Spool    *spool.Spool           // for mail
}

// Read returns the certificates in data, and what was left out. An error means that there
// is none.
func Read(ctx context.Context, data []byte, o Options) (*certstore.Bundle, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("certfile: %d octets, at most %d are read", len(data), MaxSize)
	}
	b, err := read(ctx, data, o)
	switch {
	case err != nil:
		return nil, err
	case len(b.Certificates) == 0 && len(b.LeftOut) > 0:
		return nil, fmt.Errorf("certfile: %s", b.LeftOut[0])
	case len(b.Certificates) == 0:
		return nil, ErrNone
	}
	return b, nil
}

// The beginnings of files that tell what they are.
var (
	vCardBegin = regexp.MustCompile(`(?i)\A\s*BEGIN:VCARD\s`)
	ldifBegin  = regexp.MustCompile(`(?i)\A(?:(?:#.*|[ \t].*|version: ?\d+\s*)?\r?\n)*dn::? ?\S`)
	fieldBegin = regexp.MustCompile(`^[!-9;-~]+:[ \t\r\n]`) // RFC 5322 §2.2
)

func read(ctx context.Context, data []byte, o Options) (*certstore.Bundle, error) {
	if pkcs12.Is(data) {
		return readPKCS12(data, o)
	}
	if len(data) > 0 && data[0] == 0x30 {
		return certstore.ReadBundle(data)
	}
	text := charset.Text(data)
	switch decoded := charset.Base64(text); {
	case pkcs12.Is(decoded):
		return readPKCS12(decoded, o)
	case vCardBegin.Match(text):
		return entries(readVCard(text))
	case ldifBegin.Match(text):
		return entries(readLDIF(text))
	case fieldBegin.Match(text):
		return readMail(ctx, data, text, o)
	}
	b, err := certstore.ReadBundle(data)
	if errors.Is(err, certstore.ErrBundle) {
		return nil, ErrNone
	}
	return b, err
}

// readPKCS12 takes the certificates and leaves the keys.
func readPKCS12(data []byte, o Options) (*certstore.Bundle, error) {
	ask := o.Password
	if ask == nil {
		ask = func() ([]byte, error) { return nil, errNoPassword }
	}
	found, err := pkcs12.Read(data, ask)
	if err != nil {
		return nil, err
	}
	b := &certstore.Bundle{LeftOut: found.LeftOut}
	for _, raw := range found.Certificates {
		add(b, raw, "certificate of the .p12")
	}
	if len(found.Keys) > 0 {
		b.LeftOut = append(b.LeftOut, "the private key: sealgate key import is for our own")
	}
	return b, nil
}

// add reads a certificate or bundle in DER that stood at a place in a file.
func add(b *certstore.Bundle, der []byte, place string) {
	more, err := certstore.ReadBundle(der)
	if err != nil {
		b.LeftOut = append(b.LeftOut, fmt.Sprintf("%s: %v", place, err))
		return
	}
	b.Certificates = append(b.Certificates, more.Certificates...)
	for _, what := range more.LeftOut {
		b.LeftOut = append(b.LeftOut, place+": "+what)
	}
}

// readMail takes what the signatures of a mail brought along, whatever they are worth:
// an admin who imports it vouches for it. A mail with PEM in its text is read as PEM.
func readMail(ctx context.Context, data, text []byte, o Options) (*certstore.Bundle, error) {
	m, err := smime.Open(ctx, bytes.NewReader(data), int64(len(data)), smime.OpenOptions{Spool: o.Spool})
	if err != nil {
		return nil, err
	}
	defer m.Close()
	b := &certstore.Bundle{}
	for _, l := range m.Layers {
		for i, raw := range l.Certificates {
			add(b, raw, fmt.Sprintf("certificate %d of the mail", i+1))
		}
	}
	if m.Undecryptable != nil {
		b.LeftOut = append(b.LeftOut, "the mail is encrypted: what is inside is not looked at")
	}
	if m.PartialSigned {
		b.LeftOut = append(b.LeftOut, "a part of the mail is signed: save that part alone")
	}
	if len(b.Certificates) > 0 || !bytes.Contains(text, []byte("-----BEGIN ")) {
		return b, nil
	}
	return certstore.ReadBundle(text)
}
