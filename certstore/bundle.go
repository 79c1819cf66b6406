package certstore

// This file reads and writes certificates as people exchange them: PEM, DER and
// certs-only bundles (.p7b, .p7c), which it alone writes with go.mozilla.org/pkcs7.

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"go.mozilla.org/pkcs7"
	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/charset"
	"sealgate/internal/x509cert"
	"sealgate/smime/cms"
)

// Bounds of what is imported at once.
const (
	maxBundle       = 1 << 20 // octets
	maxCertificates = 1000
)

// ErrBundle says that bytes are no certificates.
var ErrBundle = errors.New("certstore: no certificates in it (PEM, DER or .p7b/.p7c are read)")

// Bundle is what a file of certificates holds.
type Bundle struct {
	Certificates []*x509.Certificate
	LeftOut      []string // what cannot be read, and why
}

// ReadCertificates returns the certificates in data, without those that cannot be read.
func ReadCertificates(data []byte) ([]*x509.Certificate, error) {
	b, err := ReadBundle(data)
	if err != nil {
		return nil, err
	}
	return b.Certificates, nil
}

// ReadBundle reads PEM (also of PKCS7 blocks, with byte order marks or in UTF-16), one
// certificate or certs-only bundle in DER, or either of them in base64 alone. A bad
// certificate does not matter beside good ones; if there is no good one, it is the error.
func ReadBundle(data []byte) (*Bundle, error) {
	if len(data) > maxBundle {
		return nil, fmt.Errorf("certstore: %d bytes, at most %d are imported at once", len(data), maxBundle)
	}
	b := &Bundle{}
	b.read(data)
	switch {
	case len(b.Certificates) > 0:
		return b, nil
	case len(b.LeftOut) > 0:
		return nil, fmt.Errorf("certstore: %s", strings.Join(b.LeftOut, "; "))
	}
	return nil, ErrBundle
}

func (b *Bundle) read(data []byte) {
	if len(data) > 0 && data[0] == 0x30 {
		b.der(data)
		return
	}
	text := charset.Text(data)
	if bytes.Contains(text, []byte("-----BEGIN ")) {
		b.pem(text)
		return
	}
	b.der(charset.Base64(text))
}

// der reads a certificate, after which line ends mean nothing, or a bundle.
func (b *Bundle) der(data []byte) {
	rest := cryptobyte.String(data)
	var der cryptobyte.String
	if rest.ReadASN1Element(&der, cb.SEQUENCE) && len(bytes.Trim(rest, "\x00\r\n")) == 0 {
		if c, err := x509cert.Parse(der); err == nil {
			b.Certificates = append(b.Certificates, c)
			return
		}
	}
	b.bundle(data, "")
}

func (b *Bundle) pem(text []byte) {
	for n := 1; len(b.Certificates)+len(b.LeftOut) < maxCertificates; n++ {
		block, rest := pem.Decode(text)
		if block == nil {
			return
		}
		where := fmt.Sprintf("block %d, ", n)
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
			b.certificate(withoutTrust(block), where)
		case "PKCS7", "PKCS #7 SIGNED DATA", "CMS":
			b.bundle(block.Bytes, where)
		}
		text = rest
	}
}

func (b *Bundle) certificate(der []byte, where string) {
	c, err := x509cert.Parse(der)
	if err != nil {
		b.LeftOut = append(b.LeftOut, fmt.Sprintf("%scertificate: %v", where, err))
		return
	}
	b.Certificates = append(b.Certificates, c)
}

// withoutTrust is the certificate of a block. A TRUSTED CERTIFICATE of openssl has
// settings behind it.
func withoutTrust(block *pem.Block) []byte {
	rest := cryptobyte.String(block.Bytes)
	var der cryptobyte.String
	if block.Type != "TRUSTED CERTIFICATE" || !rest.ReadASN1Element(&der, cb.SEQUENCE) {
		return block.Bytes
	}
	return der
}

// bundle uses our own reader: bundles come from the network too (AIA), and the
// library takes quadratic time over many small segments (0.45 MB: 11 s).
func (b *Bundle) bundle(der []byte, where string) {
	ci, err := cms.Parse(bytes.NewReader(der), int64(len(der)))
	if err != nil || ci.Signed == nil {
		return
	}
	for i, raw := range ci.Signed.Certificates {
		b.certificate(raw, fmt.Sprintf("%snumber %d of the bundle, ", where, i+1))
	}
}

// WriteBundle is a certs-only bundle (RFC 8551 §3.8), DER.
func WriteBundle(list []*x509.Certificate) ([]byte, error) {
	var raw []byte
	for _, c := range list {
		raw = append(raw, c.Raw...)
	}
	out, err := pkcs7.DegenerateCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	return out, nil
}
