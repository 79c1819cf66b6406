package main

// This file gives the shared cases of incoming mail to a gateway with its store.

import (
	"context"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/smime/cms"
)

// casesHouse is a gateway for support@firma.example that trusts the authority of the cases.
func casesHouse(t *testing.T) (*house, string) {
	t.Helper()
	readCases(t)
	dir := copyCases(t)
	h := newHouse(t, dir, `[[mailbox]]
addresses = ["support@firma.example"]
keys = ["support.pem"]
[trust]
system_roots = false
roots = ["root.pem"]
revocation = "off"
`)
	h.engine.Load().own.judged(context.Background()) // as watchKeys does at start
	return h, dir
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

// TestSharedSignerWithoutCertificate: kind D, d6.
func TestSharedSignerWithoutCertificate(t *testing.T) {
	for _, state := range []certstore.State{certstore.Active, certstore.Pinned} {
		h, dir := casesHouse(t)
		mail := filepath.Join(dir, "d6-signer-without-certificate.eml")
		if got := status(inFrom(t, h, "anna@kunde.example", mail), "X-SMIME-Signature"); got != "unchecked" {
			t.Errorf("nobody knows anna: %q", got)
		}
		anna := certificateIn(t, filepath.Join(dir, "d6-anna.crt"))
		if err := (&importer{store: h.store}).put(context.Background(), imported{cert: anna}); err != nil {
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

// TestSharedTwoCertificates: kind D, d7.
func TestSharedTwoCertificates(t *testing.T) {
	h, dir := casesHouse(t)
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

// TestSharedMailsUnderRoots: kind C, as far as it is verified under roots of its own.
func TestSharedMailsUnderRoots(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(sharedCases, "README.md"))
	if os.IsNotExist(err) {
		t.Skip("../shared/cases is not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := copyCases(t)
	tried := 0
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 || strings.TrimSpace(cells[1]) != "C" || !strings.HasPrefix(strings.TrimSpace(cells[3]), "verify ") {
			continue
		}
		tried++
		want, _, _ := strings.Cut(strings.Trim(cells[4], " "), " ")
		want = strings.TrimRight(want, ",;:")
		c := exec.Command("sealgate", strings.Fields(cells[3])...)
		c.Dir = dir
		out, _ := c.CombinedOutput() // its status is that of the verdict
		got := ""
		for text := range strings.Lines(string(out)) {
			if after, ok := strings.CutPrefix(text, "signature:"); ok {
				got = strings.TrimSpace(after)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q\n%s", strings.TrimSpace(cells[2]), got, want, out)
		}
	}
	if tried < 12 {
		t.Errorf("%d rows", tried)
	}
}
