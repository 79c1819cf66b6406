// Package x509cert reads certificates, also those that crypto/x509 refuses and other
// programs read: docs/keys.md has the list of what is tolerated.
package x509cert

import (
	"crypto/x509"
	"errors"
	"math/big"
)

// maxTolerated bounds the certificates that are read with tolerance, in octets: a bad
// entry costs more than a good one, and trust looks at no larger certificate.
const maxTolerated = 1 << 16

var errIntolerable = errors.New("x509cert: not a certificate that is tolerated")

// Parse reads a certificate as crypto/x509 does. What that refuses is written anew in
// strict form, read, and gets its own octets back, so that signatures, names and
// fingerprints are those of the certificate as it came. The error is that of crypto/x509.
func Parse(der []byte) (*x509.Certificate, error) {
	c, strict := x509.ParseCertificate(der)
	if strict == nil {
		return c, nil
	}
	c, _, err := tolerant(der)
	if err != nil {
		return nil, strict
	}
	return c, nil
}

// Tolerated says what had to be tolerated to read c; nil for most certificates.
func Tolerated(c *x509.Certificate) []string {
	if _, err := x509.ParseCertificate(c.Raw); err == nil {
		return nil
	}
	_, remarks, err := tolerant(c.Raw)
	if err != nil {
		return nil // it was never read here
	}
	return remarks
}

// tolerant reads a certificate through its strict form.
func tolerant(der []byte) (*x509.Certificate, []string, error) {
	if len(der) > maxTolerated {
		return nil, nil, errIntolerable
	}
	f, ok := read(der)
	if !ok {
		return nil, nil, errIntolerable
	}
	strict := f
	w := &rewriting{}
	strict.serial = w.serial(f.serial)
	strict.issuer = w.name(f.issuer, "issuer")
	strict.subject = w.name(f.subject, "subject")
	strict.key = w.key(f.key)
	strict.extensions = w.extensions(f.extensions)
	if w.refused {
		return nil, nil, errIntolerable
	}
	form, err := strict.encode()
	if err != nil {
		return nil, nil, err
	}
	c, err := x509.ParseCertificate(form)
	if err != nil {
		return nil, nil, err
	}
	restore(c, &f, strict.extensions)
	if w.otherKey {
		c.PublicKeyAlgorithm = x509.ECDSA
	}
	if w.brainpool != nil {
		c.PublicKey = w.brainpool
	}
	return c, w.remarks, nil
}

// restore gives c the octets of the certificate as it came, with the extensions that were
// kept.
func restore(c *x509.Certificate, f *fields, kept []extension) {
	c.Raw = f.raw
	c.RawTBSCertificate = f.tbs
	c.RawIssuer = f.issuer
	c.RawSubject = f.subject
	c.RawSubjectPublicKeyInfo = f.key
	c.SerialNumber = Integer(f.serial)
	for i := range c.Extensions {
		c.Extensions[i].Value = kept[i].came
	}
}

// Integer is the value of an INTEGER by its content, of whatever length (X.690 §8.3):
// negative, or with octets too many. Without content it is 0.
func Integer(content []byte) *big.Int {
	n := new(big.Int).SetBytes(content)
	if len(content) > 0 && content[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(content))))
	}
	return n
}
