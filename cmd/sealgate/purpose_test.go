package main

// This file follows accept_no_eku from the configuration to the verdict.

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"sealgate/config"
	"sealgate/internal/testpki"
	"sealgate/trust"
)

// TestAcceptNoEKU: a certificate without purpose is for mail by default, and not when
// the admin says so.
func TestAcceptNoEKU(t *testing.T) {
	pki := testpki.New(t)
	_, root := pki.Files(pki.Root, "root")
	cert := pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, NoEKU: true})
	for line, want := range map[string]trust.Status{"": trust.Valid, "accept_no_eku = true\n": trust.Valid, "accept_no_eku = false\n": trust.Untrusted} {
		cfg, err := config.Parse("[server]\ndata_dir = \"data\"\n[[listener]]\nprotocol = \"milter\"\naddress = \"unix:in.sock\"\ndirection = \"inbound\"\n"+
			"[trust]\nsystem_roots = false\nroots = [\""+filepath.Base(root)+"\"]\n"+line, filepath.Dir(root))
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := newChecker(cfg, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		got := c.Check(context.Background(), trust.Request{Certificate: cert.Certificate, Address: "anna@kunde.example", Purpose: trust.Sign, At: time.Now()})
		if got.Status != want {
			t.Errorf("%q: %+v", line, got)
		}
	}
}
