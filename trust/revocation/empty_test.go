package revocation

// This file tests what others take for nothing: a key usage that is present and empty in
// who speaks of revocation, and a revocation list past its time.

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
	"sealgate/trust"
	"sealgate/trust/fetch"
)

// noUsage is a key usage without a bit.
var noUsage = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{3, 2, 7, 0}}

// TestEmptyUsageOfWhoSpeaksOfRevocation: whoever may sign nothing speaks of nothing, by
// OCSP or by CRL.
func TestEmptyUsageOfWhoSpeaksOfRevocation(t *testing.T) {
	s := newServices(t)
	s.responder = s.pki.Issue(testpki.Options{Name: "Responder", EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, Extra: []pkix.Extension{noUsage}})
	if res, _ := check(s.checker(trust.Hard, nil), s.person("ocsp")); res.Revocation != trust.RevocationUnknown {
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
	for reason, want := range map[int]trust.Revocation{ocsp.KeyCompromise: trust.RevocationRevoked, ocsp.Unspecified: trust.RevocationRevoked, ocsp.CertificateHold: trust.RevocationUnknown} {
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
			c := s.checker(trust.Soft, cache)
			for name, k := range map[string]struct {
				cert *testpki.Cert
				want trust.Revocation
			}{"listed": {revoked, want}, "listed with it": {second, want}, "not listed": {other, trust.RevocationUnknown}} {
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
	for number, want := range map[int64]trust.Revocation{424243: trust.RevocationRevoked, 424244: ""} {
		src := New(Options{Fetch: fetch.New(loopback), Parse: x509.ParseCertificates})
		defer src.Close()
		c := &x509.Certificate{SerialNumber: big.NewInt(number), RawIssuer: issuer.RawSubject}
		a, err := src.lists.ask(point{urls: []string{h.URL}}, c, issuer, at)
		if a.State != want || (err == nil) != (want != "") {
			t.Errorf("%d: %+v, %v", number, a, err)
		}
	}
}
