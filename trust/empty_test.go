package trust

// This file tests what others take for nothing: extensions that are present and empty,
// and a revocation list past its time.

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealgate/internal/testpki"
	"sealgate/trust/fetch"
)

var (
	noUsage   = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{3, 2, 7, 0}}
	noPurpose = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: []byte{0x30, 0}}
)

// TestEmptyUsage: a key usage without a bit and a list of no purposes allow nothing
// (RFC 5280 §4.2.1.3, §4.2.1.12), in the certificate, in an authority and in a root.
// openssl and NSS refuse them too.
func TestEmptyUsage(t *testing.T) {
	for name, empty := range map[string]pkix.Extension{"key usage": noUsage, "purposes": noPurpose} {
		extra := []pkix.Extension{empty}
		p := testpki.New(t)
		for _, acceptAny := range []bool{true, false} {
			c, err := New(Options{Roots: []*x509.Certificate{p.Root.Certificate}, AcceptAny: acceptAny, Revocation: Off})
			if err != nil {
				t.Fatal(err)
			}
			leaf := p.Issue(testpki.Options{Addresses: anna, Extra: extra})
			sub := p.Issue(testpki.Options{Name: "Sub", CA: true, Extra: extra})
			for _, purpose := range []Purpose{Sign, Encrypt} {
				if got := askFor(c, purpose, leaf); got.Status != Untrusted || got.Rule != "usage" {
					t.Errorf("%s of the certificate: %+v", name, got)
				}
				if got := askFor(c, purpose, p.Under(sub, testpki.Options{Addresses: anna}), sub); got.Status != Untrusted || got.Rule != "chain" {
					t.Errorf("%s of an authority: %+v", name, got)
				}
			}
		}
		root, err := testpki.NewRoot(testpki.Options{Name: "Root", Extra: extra})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := root.Issue(testpki.Options{Addresses: anna})
		if err != nil {
			t.Fatal(err)
		}
		c, err := New(Options{Roots: []*x509.Certificate{root.Certificate}, AcceptAny: true, Revocation: Off})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(c, leaf); got.Status != Untrusted {
			t.Errorf("%s of a root: %+v", name, got)
		}
	}
}

// TestEmptyUsageOfWhoSpeaksOfRevocation: whoever may sign nothing speaks of nothing, by
// OCSP or by CRL.
func TestEmptyUsageOfWhoSpeaksOfRevocation(t *testing.T) {
	s := newServices(t)
	s.responder = s.pki.Issue(testpki.Options{Name: "Responder", EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, Extra: []pkix.Extension{noUsage}})
	if res, _ := check(s.checker(Hard, nil), s.person("ocsp")); res.Revocation != isUnknown {
		t.Errorf("a responder without a usage: %+v", res)
	}
	lists := s.pki.Issue(testpki.Options{Name: "Lists", CA: true})
	empty := s.pki.Issue(testpki.Options{Name: "Lists", CA: true, ReuseKeyFrom: lists, Extra: []pkix.Extension{noUsage}})
	this, next := times("good")
	der := s.sign(&x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next}, lists)
	if _, err := parseCRL(der, lists.Certificate); err != nil {
		t.Fatal(err)
	}
	if _, err := parseCRL(der, empty.Certificate); err == nil {
		t.Error("a CRL of an authority without a usage was taken")
	}
}

// TestRevocationDoesNotLapse: a list past its time that names the certificate, though
// nothing was known of it before; certificateHold can be taken back, so it is unknown.
// What the list is silent on is unknown, too.
func TestRevocationDoesNotLapse(t *testing.T) {
	for reason, want := range map[int]string{ocsp.KeyCompromise: isRevoked, ocsp.Unspecified: isRevoked, ocsp.CertificateHold: isUnknown} {
		s := newServices(t)
		revoked := s.person("crl")
		other := s.person("crl")
		this, next := times("expired")
		list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next}
		for _, c := range []*testpki.Cert{revoked, s.person("crl")} {
			list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
				x509.RevocationListEntry{SerialNumber: c.Certificate.SerialNumber, RevocationTime: s.since, ReasonCode: reason})
		}
		second := s.issued[len(s.issued)-1]
		s.crl = s.sign(list, s.pki.Root)
		for _, cache := range []Cache{nil, newMemory()} {
			c := s.checker(Soft, cache)
			for name, k := range map[string]struct {
				cert *testpki.Cert
				want string
			}{"listed": {revoked, want}, "listed with it": {second, want}, "not listed": {other, isUnknown}} {
				for range 2 { // the second time while the list is not asked for
					if res, _ := check(c, k.cert); res.Revocation != k.want {
						t.Errorf("reason %d, %s: %+v", reason, name, res)
					}
				}
			}
		}
	}
}

// TestListOfOpensslPastItsTime: the certificate of a number on it is revoked; of others
// it says nothing.
func TestListOfOpensslPastItsTime(t *testing.T) {
	text, err := os.ReadFile("testdata/c16-issuer.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	issuer, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := os.ReadFile("testdata/c16-expired-crl-that-lists-424243.crl")
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(der) }))
	defer h.Close()
	at := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	for number, want := range map[int64]string{424243: isRevoked, 424244: ""} {
		src := NewSources(SourcesOptions{Fetch: fetch.New(loopback), Parse: x509.ParseCertificates})
		defer src.Close()
		c := &x509.Certificate{SerialNumber: big.NewInt(number), RawIssuer: issuer.RawSubject}
		a, err := src.askList(point{urls: []string{h.URL}}, c, issuer, at)
		if a.State != want || (err == nil) != (want != "") {
			t.Errorf("%d: %+v, %v", number, a, err)
		}
	}
}
