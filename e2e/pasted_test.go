package e2e

// This file gives the gateway a key as people paste it: certificate and key, no chain.

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sealgate/internal/testpki"
)

// TestPastedKeyWithoutChain: a customer's openssl, which knows the root only, verifies what
// was signed with a certificate that was pasted without its intermediate authority: it is
// found at the authority's host, and kept when that host is gone.
func TestPastedKeyWithoutChain(t *testing.T) {
	t.Parallel()
	s := newSite(t, viaMilter, siteOptions{trust: "fetch_allow = [\"127.0.0.0/8\"]\n"})
	sub := s.pki.Issue(testpki.Options{Name: "Intermediate", CA: true})
	var alive atomic.Bool
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !alive.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		w.Write(sub.Certificate.Raw)
	}))
	defer host.Close()
	cert := s.pki.Under(sub, testpki.Options{
		Addresses: []string{"support@firma.example"}, Key: "rsa-2048", AIA: []string{host.URL + "/sub.crt"},
	})
	paste(t, filepath.Join(s.dir, "support.pem"), cert)
	const order = "X-SMIME-Sign: yes\n"
	verify := func(mark string) error {
		s.accepted(s.out(mark, "anna@kunde.example", order))
		_, err := s.tryOpenssl(s.arrival("Subject: "+mark).Text, "cms", "-verify", "-CAfile", "root.crt", "-purpose", "smimesign")
		return err
	}

	s.kill()
	if err := verify("host is dead"); err == nil || !strings.Contains(err.Error(), "unable to get local issuer") {
		t.Errorf("without the intermediate: %v", err)
	}
	s.logged("rule=chain")
	s.logged("CN=Intermediate")
	alive.Store(true)
	s.kill()
	if err := verify("host is alive"); err != nil {
		t.Error(err)
	}
	alive.Store(false)
	s.kill()
	if err := verify("host is dead again"); err != nil {
		t.Error(err)
	}
}

// paste writes a key and its certificate alone.
func paste(t *testing.T, path string, c *testpki.Cert) {
	t.Helper()
	text, err := c.Pasted()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
