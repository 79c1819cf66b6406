package main

// This file reads the certificates of whole domains from files.

import (
	"bytes"
	"encoding/pem"
	"errors"
	"log/slog"
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

// TestSignersInSeveralFiles: each file is read by itself, and the authorities in it are kept.
func TestSignersInSeveralFiles(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	leaf := pki.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048"})
	own := testpki.New(t).Root
	cfg := config.Default()
	cfg.Trust.Partner = []config.Partner{{Domain: "bank.example", Signers: []string{
		writeCertificates(t, leaf, pki.Root), writeCertificates(t, own),
	}}}
	list, err := partners(cfg, slog.New(slog.DiscardHandler))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	p := list[0]
	if len(p.Signers) != 2 || !p.Signers[0].Equal(leaf.Certificate) || !p.Signers[1].Equal(own.Certificate) {
		t.Errorf("%d signers of 2 files", len(p.Signers))
	}
	if len(p.Above) != 1 || !bytes.Equal(p.Above[0], pki.Root.Certificate.Raw) {
		t.Errorf("%d authorities beside them", len(p.Above))
	}
}

// TestCheckNotesOpenChains: a revocation of such a certificate is not seen, which the admin can mend.
func TestCheckNotesOpenChains(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	sub := pki.Issue(testpki.Options{Name: "sub", CA: true, Key: "rsa-2048"})
	leaf := pki.Under(sub, testpki.Options{Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048"})
	other := testpki.New(t)
	foreign := other.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}, Key: "rsa-2048"})
	for name, want := range map[string]struct {
		file  string
		notes int
	}{
		"up to a root":           {writeCertificates(t, leaf, sub), 0},
		"without the middle":     {writeCertificates(t, leaf), 1},
		"with its foreign root":  {writeCertificates(t, foreign, other.Root), 1},
		"of a foreign authority": {writeCertificates(t, foreign), 1},
		"its own issuer":         {writeCertificates(t, other.Root), 0},
	} {
		cfg := config.Default()
		cfg.Trust.SystemRoots = false
		cfg.Trust.Roots = []string{writeCertificates(t, pki.Root)}
		cfg.Trust.Partner = []config.Partner{{Domain: "bank.example", Signers: []string{want.file}}}
		signers := checkReport{}
		err := signers.checkDomainFiles(cfg)
		cfg.Trust.Partner = nil
		cfg.Rule = []config.Rule{{Certificate: []string{want.file}}}
		rule := checkReport{}
		err = errors.Join(err, rule.checkDomainFiles(cfg))
		if err != nil || signers.Notes != want.notes || rule.Notes != want.notes || signers.Faults != 0 {
			t.Errorf("%s: %+v, %+v, %v", name, signers, rule, err)
		}
	}
}

// writeCertificates is the path of a file that holds these certificates alone.
func writeCertificates(t *testing.T, certs ...*testpki.Cert) string {
	t.Helper()
	var text []byte
	for _, c := range certs {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate.Raw})...)
	}
	path := filepath.Join(t.TempDir(), "domain.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
