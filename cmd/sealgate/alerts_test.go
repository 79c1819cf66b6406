package main

// This file tests how the mails about certificates that end are handed over.

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/internal/nexthop"
	"sealgate/internal/testpki"
)

// endingHouse is a gateway whose certificate ends in ten days, and that says so to hop.
func endingHouse(t *testing.T, hop string) *house {
	t.Helper()
	pki := testpki.New(t)
	dir := t.TempDir()
	c := pki.Issue(testpki.Options{
		Addresses: []string{"bob@firma.example"}, NotAfter: time.Now().Add(10*24*time.Hour - time.Minute),
	})
	pasted, err := c.Pasted()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"bob.pem": pasted, "root.crt": pki.Root.CertPEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := newHouse(t, dir, `[[mailbox]]
addresses = ["bob@firma.example"]
keys = ["bob.pem"]
[[rule]]
recipient = "postmaster@firma.example"
encrypt = "yes"
[trust]
system_roots = false
roots = ["root.crt"]
[alerts]
to = ["postmaster@firma.example"]
next_hop = "`+hop+`"
`)
	h.alerts.Language = gateway.German
	return h
}

// TestExpiryMailIsHandedOver by SMTP and by LMTP, without a sender, whatever the rules say of its recipient,
// and once.
func TestExpiryMailIsHandedOver(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"", "lmtp:"} {
		hop, err := nexthop.New(nexthop.Fault{})
		if err != nil {
			t.Fatal(err)
		}
		defer hop.Close()
		hop.LMTP = protocol != ""
		h := endingHouse(t, protocol+hop.Address)
		for range 2 {
			if err := h.alerts.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got := hop.Messages()
		if len(got) != 1 {
			t.Fatalf("%q: %d mails", protocol, len(got))
		}
		m := got[0]
		if !strings.HasPrefix(m.Mail, "MAIL FROM:<>") || len(m.Rcpt) != 1 ||
			!strings.HasPrefix(m.Rcpt[0], "RCPT TO:<postmaster@firma.example>") {
			t.Errorf("%q: %s %v", protocol, m.Mail, m.Rcpt)
		}
		for _, want := range []string{"Auto-Submitted: auto-generated\r\n", "in 10 Tagen", "bob@firma.example"} {
			if !strings.Contains(m.Data, want) {
				t.Errorf("%q: without %q: %s", protocol, want, m.Data)
			}
		}
	}
}

// TestExpiryMailOfARule: the certificate that a rule names for a domain is told of.
func TestExpiryMailOfARule(t *testing.T) {
	t.Parallel()
	pki := testpki.New(t)
	dir := t.TempDir()
	c := pki.Issue(testpki.Options{Addresses: []string{"gateway@bank.example"}, NotAfter: time.Now().Add(24 * time.Hour)})
	for name, text := range map[string][]byte{"bank.crt": c.CertPEM(), "root.crt": pki.Root.CertPEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := newHouse(t, dir, `[[rule]]
recipient = "@bank.example"
certificate = ["bank.crt"]
[trust]
system_roots = false
roots = ["root.crt"]
`)
	list := h.namedDomains()
	if len(list) != 1 || list[0].Name != "@bank.example" || !list[0].Certificates[0].Equal(c.Certificate) {
		t.Errorf("%+v", list)
	}
}

// TestExpiryMailThatIsNotTaken: whatever the next hop does wrong, nothing is recorded, and nobody waits for
// ever.
func TestExpiryMailThatIsNotTaken(t *testing.T) {
	t.Parallel()
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close()
	h := endingHouse(t, hop.Address)
	now := time.Now()
	h.alerts.Now = func() time.Time { return now }
	for _, f := range []nexthop.Fault{
		{Step: "connect", What: "refused"},
		{Step: "connect", What: "cut"},
		{Step: "EHLO", What: "550"},
		{Step: "MAIL", What: "450"},
		{Step: "RCPT", What: "550"},
		{Step: "DATA", What: "250 what?"},
		{Step: "content", What: "cut"},
		{Step: "dot", What: "450"},
		{Step: "dot", What: "hang"},
		{Step: "answer", What: "cut"},
	} {
		if err := hop.Reset(f); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		if err := h.alerts.Round(ctx); err == nil {
			t.Errorf("%+v: no error", f)
		}
		cancel()
		now = now.Add(30 * time.Minute)
	}
	if err := hop.Reset(nexthop.Fault{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.alerts.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(hop.Messages()); n != 1 {
		t.Errorf("%d mails", n)
	}
}
