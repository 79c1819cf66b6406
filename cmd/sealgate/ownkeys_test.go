package main

// This file tests what becomes of our own keys while the gateway runs.

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sealgate/gateway"
	"sealgate/internal/testpki"
)

// TestChainIsCompletedLater: the authority's host is dead at start. When it lives, a running
// gateway completes the chain, and no mailbox loses what its configuration says.
func TestChainIsCompletedLater(t *testing.T) {
	pki := testpki.New(t)
	sub := pki.Issue(testpki.Options{Name: "Sub", CA: true})
	var alive atomic.Bool
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if alive.Load() {
			w.Write(sub.Certificate.Raw)
		}
	}))
	defer host.Close()
	h := houseOf(t, pki, pki.Under(sub, testpki.Options{Addresses: []string{"bob@firma.example"}, AIA: []string{host.URL}}))
	old := h.engine.Load()
	old.own.fillBeforeUse(context.Background()) // as serve does
	h.completeAgain(context.Background(), old)
	if h.engine.Load() != old || old.own.complete() {
		t.Fatal("something was found at a dead host")
	}
	alive.Store(true)
	h.asked.Close() // it remembers for a while that the host is dead
	h.asked = h.newSources(h.cfg)
	old.own.completer.Authorities = h.asked
	h.completeAgain(context.Background(), old)
	e := h.engine.Load()
	box := e.own.boxes[0]
	if e == old || !e.own.complete() || len(box.Credentials[0].Chain) != 1 {
		t.Fatalf("the chain is not complete: %+v", box.Credentials[0].Chain)
	}
	if len(old.own.boxes[0].Credentials[0].Chain) != 0 {
		t.Error("the mailbox of mail that is under way was changed")
	}
	if e.options.Ring.ByFrom("bob@firma.example") != box || e.options.Defaults[box].Sign != gateway.Yes {
		t.Errorf("another mailbox: %+v", e.options.Defaults[box])
	}
}

// TestExplainWaitsForNoChain: who asks for others' certificates needs no chains of our own,
// and waits for no host of an authority; serve asks it.
func TestExplainWaitsForNoChain(t *testing.T) {
	pki := testpki.New(t)
	sub := pki.Issue(testpki.Options{Name: "Sub", CA: true})
	var asked atomic.Int32
	host := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer host.Close()
	h := houseOf(t, pki, pki.Under(sub, testpki.Options{Addresses: []string{"bob@firma.example"}, AIA: []string{host.URL}}))
	list, err := h.explain(t.Context(), "bob@firma.example")
	if err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the host was asked %d times", n)
	}
	h.engine.Load().own.fillBeforeUse(t.Context())
	if n := asked.Load(); n == 0 {
		t.Error("nobody asks the host")
	}
}

// houseOf is a gateway that does not listen, with one pasted key.
func houseOf(t *testing.T, pki *testpki.PKI, c *testpki.Cert) *house {
	t.Helper()
	dir := t.TempDir()
	pasted, err := c.Pasted()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"bob.pem": pasted, "root.crt": pki.Root.CertPEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return newHouse(t, dir, `[[mailbox]]
addresses = ["bob@firma.example"]
keys = ["bob.pem"]
sign = "yes"
[trust]
system_roots = false
roots = ["root.crt"]
fetch_allow = ["127.0.0.0/8"]
`)
}

// TestPrintedKeys: what a certificate says of itself does not reach the terminal raw.
func TestPrintedKeys(t *testing.T) {
	pki := testpki.New(t)
	h := houseOf(t, pki, pki.Issue(testpki.Options{Name: "evil\x1b[2J", Addresses: []string{"bob@firma.example"}}))
	keys := h.keys(context.Background())
	keys[0].Authority = "CN=evil\x1b[2J"
	var out bytes.Buffer
	if err := printKeys(&out, keys, false); err != nil || strings.Contains(out.String(), "\x1b") {
		t.Errorf("%v %q", err, out.String())
	}
}
