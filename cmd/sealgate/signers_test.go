package main

// This file judges mail with several signatures: one decides, all are listed.

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
)

// TestSignersAreListed: another's signature beside the sender's changes no verdict, and
// verify, its JSON and explain name both.
func TestSignersAreListed(t *testing.T) {
	p := testpki.New(t)
	const text = "Content-Type: text/plain\r\n\r\nhello\r\n"
	var o cms.SignOptions
	for _, a := range []string{"anna@kunde.example", "bob@kunde.example"} {
		c := p.Issue(testpki.Options{Addresses: []string{a}})
		o.Signers = append(o.Signers, cms.Signer{Certificate: c.Certificate, Key: c.Key, SigningTime: time.Now()})
	}
	var der bytes.Buffer
	if err := cms.Sign(t.Context(), &der, strings.NewReader(text), int64(len(text)), o); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mail := filepath.Join(dir, "mail.eml")
	entity := "From: anna@kunde.example\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(der.Bytes()) + "\r\n"
	if err := os.WriteFile(mail, []byte(entity), 0o600); err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(roots, p.Root.CertPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := verifying{offline: offline{roots: []string{roots}, noSystemRoots: true}}
	j, err := verify.judgeFile(t.Context(), mail, nil)
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string]string{}
	for _, s := range j.report.Signers {
		statuses[s.Address] = s.Status
	}
	if got := j.report.Signature; got != "valid" || len(statuses) != 2 || statuses["anna@kunde.example"] != "valid" || statuses["bob@kunde.example"] != "mismatch" {
		t.Errorf("%s: %v", got, statuses)
	}
	var printed, asJSON bytes.Buffer
	if err := j.report.Print(&printed, false); err != nil {
		t.Error(err)
	}
	if err := j.report.Print(&asJSON, true); err != nil {
		t.Error(err)
	}
	for name, out := range map[string]string{"explain": j.drawing, "verify": printed.String(), "verify --json": asJSON.String()} {
		if !strings.Contains(out, "anna@kunde.example") || !strings.Contains(out, "bob@kunde.example") {
			t.Errorf("%s does not name both:\n%s", name, out)
		}
	}
}
