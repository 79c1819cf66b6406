package testpki

// This file writes certificates and keys as files for programs that read them.

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"software.sslmate.com/src/go-pkcs12"
)

// CertPEM is the certificate, then its intermediates (not the root).
func (c *Cert) CertPEM() []byte {
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate.Raw})
	for i := c.Issuer; i != nil && i.Issuer != nil; i = i.Issuer {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.Certificate.Raw})...)
	}
	return out
}

// KeyPEM is the key as PKCS#8.
func (c *Cert) KeyPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		return nil, fmt.Errorf("testpki: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Pasted is the certificate and the key as people paste them: without the chain.
func (c *Cert) Pasted() ([]byte, error) {
	key, err := c.KeyPEM()
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate.Raw}), key...), nil
}

// P12 is the certificate with its chain and key as PKCS#12 that openssl 3.0
// reads.
func (c *Cert) P12(password string) ([]byte, error) {
	return pkcs12.Modern2023.Encode(c.Key, c.Certificate, c.Chain(), password)
}

// WriteFiles writes NAME.pem (certificates and key, mode 0600) and NAME.crt
// (certificates alone) into dir and returns their paths.
func (c *Cert) WriteFiles(dir, name string) (both, cert string, err error) {
	key, err := c.KeyPEM()
	if err != nil {
		return "", "", err
	}
	both = filepath.Join(dir, name+".pem")
	cert = filepath.Join(dir, name+".crt")
	if err := os.WriteFile(both, append(c.CertPEM(), key...), 0o600); err != nil {
		return "", "", err
	}
	return both, cert, os.WriteFile(cert, c.CertPEM(), 0o644)
}

// PKI is a root for tests that fail when anything goes wrong.
type PKI struct {
	t    testing.TB
	Root *Cert
}

// New makes a PKI with a fresh root.
func New(t testing.TB) *PKI {
	t.Helper()
	root, err := newRoot(Options{Name: "Test Root"}, turnOf(t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	return &PKI{t, root}
}

// Issue makes a certificate under the root.
func (p *PKI) Issue(o Options) *Cert { return p.Under(p.Root, o) }

// Under makes a certificate under another one.
func (p *PKI) Under(by *Cert, o Options) *Cert {
	p.t.Helper()
	c, err := by.Issue(o)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// Files writes c's files into a folder of the test's own.
func (p *PKI) Files(c *Cert, name string) (both, cert string) {
	p.t.Helper()
	both, cert, err := c.WriteFiles(p.t.TempDir(), name)
	if err != nil {
		p.t.Fatal(err)
	}
	return both, cert
}
