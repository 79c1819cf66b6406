package certstore

// This file reads and writes certificates as people exchange them: PEM, DER and
// certs-only bundles (.p7b, .p7c), which it alone writes with go.mozilla.org/pkcs7.

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"go.mozilla.org/pkcs7"
	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms"
)

// Bounds of what is imported at once.
const (
	maxBundle       = 1 << 20 // octets
	maxCertificates = 1000
)

// ErrBundle says that bytes are no certificates.
var ErrBundle = errors.New("certstore: no certificates in it (PEM, DER or .p7b/.p7c are read)")

// ReadCertificates returns the certificates in data: PEM (also of a PKCS7
// block), one DER certificate, or a DER certs-only bundle.
func ReadCertificates(data []byte) ([]*x509.Certificate, error) {
	if len(data) > maxBundle {
		return nil, fmt.Errorf("certstore: %d bytes, at most %d are imported at once", len(data), maxBundle)
	}
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		return readPEM(data)
	}
	rest := cryptobyte.String(data)
	var der cryptobyte.String
	if rest.ReadASN1Element(&der, cb.SEQUENCE) && len(bytes.Trim(rest, "\x00\r\n")) == 0 {
		if c, err := x509.ParseCertificate(der); err == nil {
			return []*x509.Certificate{c}, nil
		}
	}
	return readBundle(data)
}

func readPEM(data []byte) (list []*x509.Certificate, err error) {
	for len(list) < maxCertificates {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		var more []*x509.Certificate
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("certstore: certificate %d: %w", len(list)+1, err)
			}
			more = []*x509.Certificate{c}
		case "PKCS7", "CMS":
			if more, err = readBundle(block.Bytes); err != nil {
				return nil, err
			}
		}
		list, data = append(list, more...), rest
	}
	if len(list) == 0 {
		return nil, ErrBundle
	}
	return list, nil
}

// readBundle uses our own reader: bundles come from the network too (AIA), and the
// library takes quadratic time over many small segments (0.45 MB: 11 s).
func readBundle(der []byte) (list []*x509.Certificate, err error) {
	ci, err := cms.Parse(bytes.NewReader(der), int64(len(der)))
	if err != nil || ci.Signed == nil || len(ci.Signed.Certificates) == 0 {
		return nil, ErrBundle
	}
	var unread error // one by one: a bad certificate does not matter beside good ones
	for i, raw := range ci.Signed.Certificates {
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("certstore: certificate %d of the bundle: %w", i+1, err))
			continue
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, unread
	}
	return list, nil
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
