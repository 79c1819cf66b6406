// Certs-only SignedData (RFC 8551 §3.8): certificates, and nothing signed.

package cms

import (
	"bytes"
	"crypto/x509"
	"errors"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

var errNoCertificates = errors.New("cms: there are no certificates to encode")

// EncodeCertificates returns a ContentInfo with the certificates, without
// content and signers: the body of a .p7c or .p7b file.
func EncodeCertificates(certs []*x509.Certificate) ([]byte, error) {
	var raw [][]byte
	for _, c := range certs {
		raw = appendNew(raw, c.Raw)
	}
	if len(raw) == 0 {
		return nil, errNoCertificates
	}
	f := frame{}
	f.before(derOID(oid.Data))
	f.wrap(cbasn1.SEQUENCE)
	f.before(derInt(1), derSet(cbasn1.SET))
	f.after(derSet(explicit(0), raw...), derSet(cbasn1.SET))
	f.wrap(cbasn1.SEQUENCE)
	f.contentInfo(oid.SignedData)
	var out bytes.Buffer
	err := f.writeTo(&out, func() error { return nil })
	return out.Bytes(), err
}
