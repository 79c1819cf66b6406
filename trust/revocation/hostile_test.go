package revocation

// This file is what a sender, or somebody on the way to a revocation service, may
// try against the look-ups.

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealgate/internal/cputest"
	"sealgate/internal/testpki"
	"sealgate/trust"
	"sealgate/trust/authority"
)

// withKey is an authority with that key, and a signature as long as the key.
func withKey(t *testing.T, key *rsa.PublicKey, name string) *x509.Certificate {
	t.Helper()
	by := testpki.New(t).Root
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
	}, by.Certificate, key, by.Key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEnormousKeys: authorities with RSA keys of 400,000 bits, each check with which
// would take 20 seconds.
func TestEnormousKeys(t *testing.T) {
	key := testpki.EnormousKey(400_000)
	sub := withKey(t, key, "Sub")
	leaf := *testpki.New(t).Issue(testpki.Options{Addresses: anna}).Certificate
	leaf.RawIssuer, leaf.SignatureAlgorithm, leaf.Signature = sub.RawSubject, x509.SHA256WithRSA, make([]byte, 400_000/8)
	r := trust.Request{Certificate: &leaf, Intermediates: [][]byte{sub.Raw}, Address: anna[0], Purpose: trust.Sign, At: time.Now()}
	s := newServices(t)
	cputest.AtMost(t, "an authority with a key of 400,000 bits", time.Second, func() {
		if res := s.checker(trust.Soft, newMemory()).Check(context.Background(), r); res.Status != trust.Untrusted {
			t.Errorf("%+v", res)
		}
	})
	for bits, ok := range map[int]bool{authority.MaxRSA: true, authority.MaxRSA + 8: false} {
		if got := authority.ReadBag([][]byte{withKey(t, testpki.EnormousKey(bits), "Sub").Raw}); len(got) == 1 != ok {
			t.Errorf("%d bits: %v", bits, len(got) == 1)
		}
	}
	var bag [][]byte
	for range 50 { // 1 MiB holds no more of them beside a signature for each
		bag = append(bag, withKey(t, testpki.EnormousKey(authority.MaxRSA), "Sub").Raw)
	}
	leaf.Signature, r.Intermediates = make([]byte, authority.MaxRSA/8), bag
	c := s.checker(trust.Soft, newMemory())
	cputest.AtMost(t, "16 signers, 50 authorities of one name with the largest keys", 10*time.Second, func() {
		for range 16 {
			c.Check(context.Background(), r)
		}
	})
	slow := testpki.EnormousKey(2048)
	slow.E = authority.MaxExponent + 1
	if len(authority.ReadBag([][]byte{withKey(t, slow, "Sub").Raw})) > 0 {
		t.Error("an exponent above the bound")
	}
	responder := withKey(t, key, "Responder")
	by := s.pki.Root
	der, err := ocsp.CreateResponse(by.Certificate, responder, ocsp.Response{SerialNumber: leaf.SerialNumber, Certificate: responder, ThisUpdate: time.Now(), IssuerHash: crypto.SHA1}, by.Key)
	if err != nil {
		t.Fatal(err)
	}
	q, err := askOCSP(&leaf, by.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	cputest.AtMost(t, "a responder with a key of 400,000 bits", time.Second, func() {
		if _, err := q.read(der, time.Now()); err == nil || !strings.Contains(err.Error(), "too large") {
			t.Error(err)
		}
	})
}

// TestCircle: two authorities that have signed each other lead nowhere, and that in
// no time.
func TestCircle(t *testing.T) {
	s := newServices(t)
	other := testpki.New(t)
	a := other.Issue(testpki.Options{Name: "A", CA: true})
	b := s.pki.Under(a, testpki.Options{Name: "B", CA: true})
	back := s.pki.Under(b, testpki.Options{Name: "A", CA: true, ReuseKeyFrom: a})
	leaf := s.pki.Under(b, testpki.Options{Addresses: anna, AIA: []string{s.url + "/ca"}})
	done := make(chan trust.Result, 1)
	go func() {
		res, _ := check(s.checker(trust.Soft, newMemory()), leaf, b, back)
		done <- res
	}()
	select {
	case res := <-done:
		if res.Status != trust.Untrusted {
			t.Errorf("%+v", res)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it goes round and round")
	}
}

// TestAIACannotSilence: who names the URL of an authority's OCSP service, or of
// its CRL, as that of a certificate makes nobody believe that the service is dead.
func TestAIACannotSilence(t *testing.T) {
	s := newServices(t)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
			return
		}
		s.serve(w, r)
	}))
	t.Cleanup(h.Close)
	c := s.checker(trust.Hard, newMemory())
	hostile := testpki.New(t).Issue(testpki.Options{Addresses: anna, AIA: []string{h.URL + "/ocsp"}})
	if res, _ := check(c, hostile); res.Status != trust.Untrusted {
		t.Fatalf("%+v", res)
	}
	good := s.pki.Issue(testpki.Options{Addresses: anna, OCSP: []string{h.URL + "/ocsp"}})
	if res, _ := check(c, good); res.Status != trust.Valid || res.Revocation != trust.RevocationGood {
		t.Errorf("%+v", res)
	}
}

// TestAIABundle: who asks first for one authority of a bundle does not hide the
// others behind the same URL.
func TestAIABundle(t *testing.T) {
	s := newServices(t)
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	other := testpki.New(t).Issue(testpki.Options{Name: "Other", CA: true})
	s.ca = append(slices.Clone(other.Certificate.Raw), sub.Certificate.Raw...)
	url := []string{s.url + "/ca"}
	c := s.checker(trust.Soft, newMemory())
	check(c, s.pki.Under(other, testpki.Options{Addresses: anna, AIA: url}))
	if res, _ := check(c, s.pki.Under(sub, testpki.Options{Addresses: anna, AIA: url})); res.Status != trust.Valid {
		t.Errorf("%+v", res)
	}
}

// TestAIARenewed: an authority of the bag that has expired does not keep its renewed
// certificate from being found.
func TestAIARenewed(t *testing.T) {
	s := newServices(t)
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	old := s.pki.Issue(testpki.Options{Name: "Sub", CA: true, ReuseKeyFrom: sub, NotAfter: time.Now().Add(-time.Hour)})
	leaf := s.pki.Under(sub, testpki.Options{Addresses: anna, AIA: []string{s.url + "/ca"}})
	s.ca = sub.Certificate.Raw
	if res, _ := check(s.checker(trust.Soft, newMemory()), leaf, old); res.Status != trust.Valid {
		t.Errorf("%+v", res)
	}
}

// TestNoFetch: nothing that a certificate names is fetched when an attacker may have
// put the mail's own text into it; what is known completes the chain all the same.
func TestNoFetch(t *testing.T) {
	s := newServices(t)
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	s.ca = sub.Certificate.Raw
	leaf := s.pki.Under(sub, testpki.Options{Addresses: anna, AIA: []string{s.url + "/ca?the+secret+text"}})
	c := s.checker(trust.Soft, newMemory())
	r := trust.Request{Certificate: leaf.Certificate, Address: anna[0], Purpose: trust.Sign, At: time.Now(), NoFetch: true}
	if res := c.Check(context.Background(), r); res.Status != trust.Untrusted || s.count("/") != 0 {
		t.Errorf("%+v, %d requests", res, s.count("/"))
	}
	r.NoFetch = false
	if res := c.Check(context.Background(), r); res.Status != trust.Valid {
		t.Errorf("%+v", res)
	}
	r.NoFetch = true
	if res := c.Check(context.Background(), r); res.Status != trust.Valid || s.count("/") != 1 {
		t.Errorf("from the pool: %+v, %d requests", res, s.count("/"))
	}
}

// TestHangingAIA: URLs that hang hold up neither a verdict nor the services of
// those who can be believed.
func TestHangingAIA(t *testing.T) {
	s := newServices(t)
	stop := make(chan struct{})
	var hits atomic.Int32
	hang := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1); <-stop }))
	t.Cleanup(func() { close(stop); hang.Close() })
	c := s.checker(trust.Hard, newMemory())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stranger := testpki.New(t)
	done := make(chan struct{})
	for i := range 40 {
		leaf := stranger.Issue(testpki.Options{Addresses: anna, AIA: []string{fmt.Sprintf("%s/%d", hang.URL, i), fmt.Sprintf("%s/%d/again", hang.URL, i)}})
		go func() {
			c.Check(ctx, trust.Request{Certificate: leaf.Certificate, Address: anna[0], Purpose: trust.Sign, At: time.Now()})
			done <- struct{}{}
		}()
	}
	time.Sleep(patience / 4)
	if res, took := check(c, s.person("ocsp")); res.Status != trust.Valid || res.Revocation != trust.RevocationGood {
		t.Errorf("beside them: %+v after %v", res, took)
	}
	for range 40 {
		<-done
	}
	if n := hits.Load(); n > maxUnproved {
		t.Errorf("%d requests at once, at most %d", n, maxUnproved)
	}
}

// TestHangingLists: CRL services that hang do not silence another one.
func TestHangingLists(t *testing.T) {
	s := newServices(t)
	stop := make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	t.Cleanup(func() { close(stop); hang.Close() })
	c := s.checker(trust.Hard, newMemory())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan struct{})
	for i := range maxReading {
		leaf := s.pki.Issue(testpki.Options{Addresses: anna, CRL: []string{fmt.Sprintf("%s/%d", hang.URL, i)}})
		go func() {
			c.Check(ctx, trust.Request{Certificate: leaf.Certificate, Address: anna[0], Purpose: trust.Sign, At: time.Now()})
			done <- struct{}{}
		}()
	}
	time.Sleep(patience / 4)
	if res, took := check(c, s.person("crl")); res.Status != trust.Valid || res.Revocation != trust.RevocationGood {
		t.Errorf("beside them: %+v after %v", res, took)
	}
	for range maxReading {
		<-done
	}
}

// TestFailuresAreSmall: ten thousand URLs of 10 kB that lead nowhere.
func TestFailuresAreSmall(t *testing.T) {
	f := failures{now: time.Now, all: map[[32]byte]failure{}}
	long := strings.Repeat("a", 10_000)
	cputest.AtMost(t, "the memory of 20,000 failures", 5*time.Second, func() {
		for i := range 2 * maxFailures {
			f.fail(fmt.Sprint(i, long), fmt.Errorf("%s: cannot be reached\u202e\x1b[1m", long))
		}
	})
	if len(f.all) > maxFailures {
		t.Errorf("%d", len(f.all))
	}
	for _, one := range f.all {
		if len(one.why) > 1200 || strings.ContainsAny(one.why, "\u202e\x1b") {
			t.Fatalf("%q", one.why)
		}
	}
	f.fail("x", fmt.Errorf("bad\u202e\x1b[1m"))
	if got := f.failed("x").Error(); got != "bad  [1m" {
		t.Errorf("%q", got)
	}
}

// TestRevokedStays: a service that falls silent does not make a revoked certificate
// good again, save one that was only on hold.
func TestRevokedStays(t *testing.T) {
	for reason, want := range map[int]trust.Revocation{ocsp.KeyCompromise: trust.RevocationRevoked, ocsp.CertificateHold: trust.RevocationUnknown} {
		s := newServices(t)
		cert := s.person("crl")
		this, next := times("good")
		s.crl = s.sign(&x509.RevocationList{
			Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next,
			RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: cert.Certificate.SerialNumber, RevocationTime: s.since, ReasonCode: reason}},
		}, s.pki.Root)
		cache := newMemory()
		if res, _ := check(s.checker(trust.Soft, cache), cert); res.Revocation != trust.RevocationRevoked {
			t.Fatalf("%+v", res)
		}
		s.set("404")
		r := trust.Request{Certificate: cert.Certificate, Address: anna[0], Purpose: trust.Sign, At: next.Add(time.Hour)}
		if res := s.checker(trust.Soft, cache).Check(context.Background(), r); res.Revocation != want {
			t.Errorf("reason %d, after the list has run out: %+v", reason, res)
		}
	}
}

// TestWeakAnswer: SHA-1 signs no OCSP answer: the nonce in it is the asker's.
func TestWeakAnswer(t *testing.T) {
	root, err := testpki.NewRoot(testpki.Options{Name: "Test Root", Key: "rsa-2048"})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := root.Issue(testpki.Options{Addresses: anna})
	if err != nil {
		t.Fatal(err)
	}
	q, err := askOCSP(cert.Certificate, root.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	der, err := ocsp.CreateResponse(root.Certificate, root.Certificate, ocsp.Response{SerialNumber: cert.Certificate.SerialNumber, ThisUpdate: time.Now(), IssuerHash: crypto.SHA1}, root.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.read(der, time.Now()); err != nil {
		t.Errorf("SHA-256: %v", err)
	}
	sha256WithRSA, sha1WithRSA := []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05")
	weak := resignedWeak(t, root, bytes.Replace(der, sha256WithRSA, sha1WithRSA, 1))
	if _, err := q.read(weak, time.Now()); err == nil || !strings.Contains(err.Error(), "SHA-1") {
		t.Errorf("SHA-1: %v", err)
	}
}

// resignedWeak puts the signature with SHA-1 in the place of the one that is there;
// both are as long as the key, and end the answer.
func resignedWeak(t *testing.T, by *testpki.Cert, der []byte) []byte {
	t.Helper()
	resp, err := ocsp.ParseResponse(der, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := crypto.SHA1.New()
	h.Write(resp.TBSResponseData)
	sig, err := by.Key.Sign(rand.Reader, h.Sum(nil), crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	return append(der[:len(der)-len(sig)], sig...)
}
