package main

// This file reads the certificates of whole domains from files.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/config"
	"sealgate/internal/testpki"
)

// TestDomainCertificateFiles: authorities beside a certificate complete its chain; one that calls
// itself an authority and stands alone is meant itself; what cannot be encrypted to is refused.
func TestDomainCertificateFiles(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	leaf := pki.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048"})
	dir := t.TempDir()
	for name, want := range map[string]struct {
		certs          []*testpki.Cert
		leaves, above  int
		mentionedInErr string
	}{
		"leaf.pem":    {[]*testpki.Cert{leaf}, 1, 0, ""},
		"chain.pem":   {[]*testpki.Cert{pki.Root, leaf}, 1, 1, ""},
		"ca.pem":      {[]*testpki.Cert{testpki.New(t).Root}, 1, 0, ""},
		"ed25519.pem": {[]*testpki.Cert{pki.Issue(testpki.Options{Key: "ed25519"})}, 0, 0, "ed25519.pem"},
		"empty.pem":   {nil, 0, 0, "empty.pem"},
	} {
		path := filepath.Join(dir, name)
		var text []byte
		for _, c := range want.certs {
			text = append(text, c.CertPEM()...)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := domainCertificates(&config.Rule{Certificate: []string{path}, CertificateFirst: true})
		if want.mentionedInErr != "" {
			if err == nil || !strings.Contains(err.Error(), want.mentionedInErr) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(d.Certificates) != want.leaves || len(d.Above) != want.above || !d.Before {
			t.Errorf("%s: %d, %d, %v", name, len(d.Certificates), len(d.Above), err)
		}
	}
}
