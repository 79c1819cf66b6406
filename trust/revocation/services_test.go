package revocation

// This file is an authority with its services for the tests: CRL, OCSP and its own
// certificate over HTTP on loopback, good or as bad as a test wants them.

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealgate/internal/testpki"
	"sealgate/trust"
	"sealgate/trust/fetch"
)

var anna = []string{"anna@kunde.example"}

// services answers as mode says: "good", "revoked", "unknown", "expired", "future",
// "wrong signer", "not for OCSP", "another nonce", "hang", "huge", "redirect",
// "404", "garbage".
type services struct {
	t    *testing.T
	pki  *testpki.PKI
	url  string
	mu   sync.Mutex
	mode string
	hits map[string]int // by path
	stop chan struct{}  // closed at the end
	// since is when the certificates of mode "revoked" were revoked.
	since     time.Time
	responder *testpki.Cert // a delegated one; nil: the authority itself
	crl       []byte        // instead of a made one
	ca        []byte        // at /ca
	issued    []*testpki.Cert
}

func newServices(t *testing.T) *services {
	t.Helper()
	s := &services{t: t, pki: testpki.New(t), mode: "good", hits: map[string]int{}, stop: make(chan struct{}), since: time.Now().Add(-time.Hour)}
	h := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() { close(s.stop); h.Close() })
	s.url = h.URL
	return s
}

func (s *services) set(mode string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = mode
}

func (s *services) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for p, c := range s.hits {
		if strings.HasPrefix(p, path) {
			n += c
		}
	}
	return n
}

func (s *services) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	mode, list := s.mode, s.crl
	s.hits[r.URL.Path]++
	s.mu.Unlock()
	switch mode {
	case "hang":
		<-s.stop
		return
	case "huge":
		for range maxCRL>>16 + 2 {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
		return
	case "redirect":
		http.Redirect(w, r, "http://10.0.0.1/secret", http.StatusFound)
		return
	case "404":
		http.NotFound(w, r)
		return
	case "garbage":
		fmt.Fprint(w, "<html>please log in</html>")
		return
	}
	if strings.HasPrefix(r.URL.Path, "/ca") {
		w.Write(s.ca)
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if strings.HasPrefix(r.URL.Path, "/ocsp") {
		w.Write(s.ocsp(body, mode))
		return
	}
	if list != nil {
		w.Write(list)
		return
	}
	w.Write(s.list(mode))
}

// times are thisUpdate and nextUpdate of a mode.
func times(mode string) (this, next time.Time) {
	now := time.Now()
	switch mode {
	case "expired", "revoked, expired":
		return now.Add(-48 * time.Hour), now.Add(-24 * time.Hour)
	case "future":
		return now.Add(time.Hour), now.Add(2 * time.Hour)
	}
	return now.Add(-time.Hour), now.Add(24 * time.Hour)
}

// signer is who signs: in mode "wrong signer" an authority of the same name.
func (s *services) signer(mode string) *testpki.Cert {
	if mode == "wrong signer" {
		return testpki.New(s.t).Root
	}
	return s.pki.Root
}

func (s *services) list(mode string) []byte {
	this, next := times(mode)
	t := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next}
	if strings.HasPrefix(mode, "revoked") {
		for n := range int64(50) {
			t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(1000 + n), RevocationTime: s.since, ReasonCode: 1})
		}
		for _, c := range s.issued {
			t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.Certificate.SerialNumber, RevocationTime: s.since, ReasonCode: 1})
		}
	}
	return s.sign(t, s.signer(mode))
}

func (s *services) sign(t *x509.RevocationList, by *testpki.Cert) []byte {
	der, err := x509.CreateRevocationList(rand.Reader, t, by.Certificate, by.Key)
	if err != nil {
		s.t.Error(err)
	}
	return der
}

var ocspStatus = map[string]int{"revoked": ocsp.Revoked, "revoked, expired": ocsp.Revoked, "unknown": ocsp.Unknown}

func (s *services) ocsp(request []byte, mode string) []byte {
	q, err := ocsp.ParseRequest(request)
	if err != nil {
		s.t.Errorf("OCSP request: %v", err)
		return nil
	}
	this, next := times(mode)
	t := ocsp.Response{Status: ocspStatus[mode], SerialNumber: q.SerialNumber, ThisUpdate: this, NextUpdate: next, RevokedAt: s.since, RevocationReason: 1, IssuerHash: crypto.SHA1}
	by := s.signer(mode)
	if s.responder != nil && mode != "wrong signer" {
		by, t.Certificate = s.responder, s.responder.Certificate
	}
	der, err := ocsp.CreateResponse(s.pki.Root.Certificate, by.Certificate, t, by.Key)
	if err != nil {
		s.t.Error(err)
	}
	return der
}

// person is a certificate that names the services.
func (s *services) person(by ...string) *testpki.Cert {
	o := testpki.Options{Addresses: anna}
	for _, b := range by {
		switch b {
		case "ocsp":
			o.OCSP = []string{s.url + "/ocsp"}
		case "crl":
			o.CRL = []string{s.url + "/crl"}
		}
	}
	c := s.pki.Issue(o)
	s.issued = append(s.issued, c)
	return c
}

// signature is by's over data, as Go's makers of certificates sign.
func signature(t *testing.T, by *testpki.Cert, data []byte) []byte {
	t.Helper()
	h := sha256.Sum256(data)
	sig, err := by.Key.Sign(rand.Reader, h[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// memory is a cache.
type memory struct {
	mu   sync.Mutex
	data map[string][]byte
}

func newMemory() *memory { return &memory{data: map[string][]byte{}} }

func (m *memory) CachePut(_ context.Context, key string, value []byte, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ttl > 0 {
		m.data[key] = value
	}
	return nil
}

func (m *memory) CacheGet(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.data[key]
	return v, ok, nil
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// asking is a checker and what it asks.
type asking struct {
	*trust.Checker
	sources *Sources
}

// checker asks the services; cache may be nil.
func (s *services) checker(policy trust.Policy, cache Cache) *asking {
	s.t.Helper()
	return s.asking(policy, Options{Cache: cache})
}

// asking asks the services over the network of this machine.
func (s *services) asking(policy trust.Policy, o Options) *asking {
	s.t.Helper()
	o.Fetch = fetch.New(loopback)
	o.Parse = x509.ParseCertificates
	src := New(o)
	s.t.Cleanup(src.Close)
	c, err := trust.New(trust.Options{Roots: []*x509.Certificate{s.pki.Root.Certificate}, AcceptAny: true, Revocation: policy, Sources: src})
	if err != nil {
		s.t.Fatal(err)
	}
	return &asking{c, src}
}
