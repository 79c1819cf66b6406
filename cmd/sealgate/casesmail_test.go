package main

// This file gives cases of incoming mail to a gateway with its store.

import (
	"context"
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/testpki"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// casesHouse is a gateway for support@firma.example that trusts the authority of the cases.
func casesHouse(t *testing.T, dir, revocation string) *house {
	t.Helper()
	own := t.TempDir()
	for _, name := range []string{"root.pem", "support.pem"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, own, name, string(data))
	}
	h := newHouse(t, own, `[[mailbox]]
addresses = ["support@firma.example"]
keys = ["support.pem"]
[trust]
system_roots = false
roots = ["root.pem"]
fetch_allow = ["127.0.0.0/8"]
revocation = "`+revocation+`"
`)
	h.engine.Load().own.judged(context.Background()) // as watchKeys does at start
	return h
}

// deliver gives a mail to the gateway and returns what became of it.
func deliver(t *testing.T, h *house, env gateway.Envelope, text string) *gateway.Outcome {
	t.Helper()
	f := h.spool.Create()
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	out, err := h.Process(context.Background(), env, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

// inFrom is mail from outside to support.
func inFrom(t *testing.T, h *house, from, path string) *gateway.Outcome {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	env := gateway.Envelope{Direction: gateway.Inbound, From: from, To: []string{"support@firma.example"}, CanSplit: true}
	return deliver(t, h, env, crlfOf(string(data)))
}

func crlfOf(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// status is the value of a field that was put in.
func status(out *gateway.Outcome, name string) string {
	for _, d := range out.Deliveries {
		for _, e := range d.Edits {
			if e.Name == name && e.Value != "" {
				return strings.TrimSpace(e.Value)
			}
		}
	}
	return ""
}

// signerWithoutCertificate is d6: the signer's certificate was imported or pinned before.
func signerWithoutCertificate(t *testing.T, dir string) {
	for _, state := range []certstore.State{certstore.Active, certstore.Pinned} {
		h := casesHouse(t, dir, "off")
		mail := filepath.Join(dir, "d6-signer-without-certificate.eml")
		if got := status(inFrom(t, h, "anna@kunde.example", mail), "X-SMIME-Signature"); got != "unchecked" {
			t.Errorf("nobody knows anna: %q", got)
		}
		anna := certificateIn(t, filepath.Join(dir, "d6-anna.crt"))
		if err := imports(h, anna); err != nil {
			t.Fatal(err)
		}
		if err := h.store.SetState(context.Background(), certstore.Identity(anna), state); err != nil {
			t.Fatal(err)
		}
		if got := status(inFrom(t, h, "anna@kunde.example", mail), "X-SMIME-Signature"); got != "valid" {
			t.Errorf("%s: %q", state, got)
		}
	}
}

func certificateIn(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	list, err := certificates([]string{path}, "")
	if err != nil || len(list) != 1 {
		t.Fatalf("%d certificates, %v", len(list), err)
	}
	return list[0]
}

// twoCertificates is d7: what is written back is encrypted for the certificate that may be
// encrypted to.
func twoCertificates(t *testing.T, dir string) {
	h := casesHouse(t, dir, "off")
	out := inFrom(t, h, "dora@kunde.example", filepath.Join(dir, "d7-two-certificates-no-preference.eml"))
	if got := status(out, "X-SMIME-Signature"); got != "valid" {
		t.Fatalf("%q, %q", got, status(out, "X-SMIME-Reason"))
	}
	list, err := h.store.ByAddress(context.Background(), "dora@kunde.example")
	if err != nil || len(list) != 1 {
		t.Fatalf("%d records, %v", len(list), err)
	}
	certs, err := certstore.ReadCertificates(list[0].DER)
	if err != nil || cms.CanEncryptTo(certs[0]) != nil {
		t.Fatal(err)
	}
	order := crlfOf("From: support@firma.example\nTo: dora@kunde.example\nSubject: Re\nX-SMIME-Encrypt: yes\n" +
		"MIME-Version: 1.0\nContent-Type: text/plain\n\nthe secret text\n")
	env := gateway.Envelope{
		Direction: gateway.Outbound, From: "support@firma.example", To: []string{"dora@kunde.example"}, MayOrder: true, CanSplit: true,
	}
	if sent := deliver(t, h, env, order); sent.Disposition != gateway.Accept || sent.Deliveries[0].Body == nil {
		t.Errorf("the order to encrypt: %+v", sent.Reply)
	}
}

// revokedByOldList is c16: a revocation does not end with its list. The shared file has no
// mail of that signer, nor has anybody its authority's key: so the gateway's sources are
// asked.
func revokedByOldList(t *testing.T, dir string) {
	h := casesHouse(t, dir, "soft")
	mail := filepath.Join(dir, "c16-signed.eml")
	if _, err := os.Stat(mail); err == nil {
		if got := status(inFrom(t, h, "anna@kunde.example", mail), "X-SMIME-Signature"); got != "revoked" {
			t.Errorf("%q", got)
		}
		return
	}
	lists := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer lists.Close()
	issuer := certificateIn(t, "../../trust/revocation/testdata/c16-issuer.pem")
	for number, want := range map[int64]trust.Revocation{424243: trust.RevocationRevoked, 424244: trust.RevocationUnknown} {
		made := testpki.New(t).Issue(testpki.Options{CRL: []string{lists.URL + "/c16-expired-crl-that-lists-424243.crl"}})
		signer := *made.Certificate
		signer.SerialNumber = big.NewInt(number)
		signer.RawIssuer = issuer.RawSubject
		got, _ := h.asked.Ask(t.Context(), &signer, issuer, time.Now())
		if got.State != want {
			t.Errorf("%d: %+v, want %s", number, got, want)
		}
	}
}

// partlyEncrypted is d3 through the gateway: the ticket has a part that explains.
func partlyEncrypted(t *testing.T, dir string) {
	h := casesHouse(t, dir, "off")
	out := inFrom(t, h, "anna@kunde.example", filepath.Join(dir, "d3-encrypted-beside-footer.eml"))
	if got := status(out, "X-SMIME-Encryption"); got != "partial" || out.Deliveries[0].Body == nil {
		t.Fatalf("%q, %+v", got, out.Deliveries)
	}
	body := make([]byte, out.Deliveries[0].Body.Size())
	if _, err := out.Deliveries[0].Body.ReadAt(body, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(body), "application/pkcs7-mime")
	if !strings.Contains(first, "Only a part of the message is encrypted") {
		t.Errorf("%s", body)
	}
}
