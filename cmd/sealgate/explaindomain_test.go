package main

// This file explains mail to somebody who has no mailbox of his own, but one of his domain.

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/admin"
	"sealgate/internal/testpki"
)

// TestExplainForADomain: mail that the domain's key opens is explained for whom it is opened, also
// when only its header says to whom it is.
func TestExplainForADomain(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	firma := pki.Issue(testpki.Options{Addresses: []string{"gateway@firma.example"}, Key: "rsa-2048"})
	pasted, err := firma.Pasted()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"firma.pem": pasted, "root.crt": pki.Root.CertPEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := newHouse(t, dir, `[[mailbox]]
addresses = ["@firma.example"]
keys = ["firma.pem"]
[trust]
system_roots = false
roots = ["root.crt"]
`)
	s := &site{t: t, spool: h.spool}
	mail := "From: anna@kunde.example\r\nTo: employee@firma.example\r\n" + s.sealed(siteText, firma)
	explained, err := h.forAdmins().Explainer.Explain(t.Context(), "employee@firma.example", strings.NewReader(mail))
	if err != nil || !strings.Contains(explained.Drawing, "encryption: decrypted") {
		t.Errorf("%+v, %v", explained, err)
	}
	judged, err := h.judge(t.Context(), nil, strings.NewReader(mail))
	if err != nil || !strings.Contains(judged.Drawing, "encryption: decrypted") {
		t.Errorf("by its header: %+v, %v", judged, err)
	}
	for _, to := range []string{"anna@kunde.example", "employee@mail.firma.example"} {
		_, err := h.forAdmins().Explainer.Explain(t.Context(), to, strings.NewReader(mail))
		if !errors.Is(err, admin.ErrNotOur) {
			t.Errorf("%s: %v", to, err)
		}
	}
}
