package trust

// This file shows what the most expensive mails cost.

import (
	"context"
	"crypto/x509"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// cost is the processor time of do, since the clock on the wall also counts what others
// do on the machine, and the memory that it leaves behind and turns over.
func cost(t *testing.T, name string, most time.Duration, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpuTime(t)
	do()
	took := cpuTime(t) - start
	turned := func() uint64 { runtime.ReadMemStats(&after); return after.TotalAlloc - before.TotalAlloc }()
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%s: %v, %.1f MiB allocated, %.1f MiB kept", name, took.Round(time.Millisecond), float64(turned)/(1<<20), float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20))
	if took > most {
		t.Errorf("%s: %v, at most %v", name, took, most)
	}
}

// cpuTime is what the process has used.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// TestManyCertificates: a bag of 5,000, all of them issuers by name.
func TestManyCertificates(t *testing.T) {
	p := testpki.New(t)
	other := testpki.New(t)
	leaf := other.Issue(testpki.Options{Addresses: anna})
	r := Request{Certificate: leaf.Certificate, Address: anna[0], Purpose: Sign, At: time.Now()}
	for range 100 {
		r.Intermediates = append(r.Intermediates, testpki.New(t).Root.Certificate.Raw) // "Test Root", with another key each
	}
	for len(r.Intermediates) < 5000 {
		r.Intermediates = append(r.Intermediates, r.Intermediates[:100]...)
	}
	c := checker(t, p)
	cost(t, "5,000 certificates in the bag", 3*time.Second, func() {
		if res := c.Check(context.Background(), r); res.Status != Untrusted {
			t.Errorf("%+v", res)
		}
	})
}

// TestManySigners: 100 verdicts with full bags.
func TestManySigners(t *testing.T) {
	p := testpki.New(t)
	sub := p.Issue(testpki.Options{Name: "Sub", CA: true})
	r := Request{Address: anna[0], Purpose: Sign, At: time.Now()}
	for range maxIntermediates - 1 {
		r.Intermediates = append(r.Intermediates, testpki.New(t).Issue(testpki.Options{Name: "Sub", CA: true}).Certificate.Raw)
	}
	r.Intermediates = append(r.Intermediates, sub.Certificate.Raw)
	leaf := p.Under(sub, testpki.Options{Addresses: anna})
	c := checker(t, p)
	cost(t, "100 signers, 64 authorities of one name each", 20*time.Second, func() {
		for range 100 {
			r.Certificate = leaf.Certificate
			c.Check(context.Background(), r)
		}
	})
}

// TestLongChain: 60 authorities, each of which was issued by the one before.
func TestLongChain(t *testing.T) {
	p := testpki.New(t)
	by := p.Root
	r := Request{Address: anna[0], Purpose: Sign, At: time.Now()}
	for i := range 60 {
		by = p.Under(by, testpki.Options{Name: fmt.Sprintf("Sub %d", i), CA: true})
		r.Intermediates = append(r.Intermediates, by.Certificate.Raw)
	}
	r.Certificate = p.Under(by, testpki.Options{Addresses: anna}).Certificate
	c := checker(t, p)
	cost(t, "a chain of 60", time.Second, func() {
		if res := c.Check(context.Background(), r); res.Status != Untrusted || !strings.Contains(res.Reason, "at most 10") {
			t.Errorf("%+v", res)
		}
	})
}

// TestEnormousName: to write a name out costs the square of its parts, so one of
// an authority that is too long is not written, and not looked at.
func TestEnormousName(t *testing.T) {
	p := testpki.New(t)
	sub := p.Issue(testpki.Options{Name: strings.Repeat("x", maxName), CA: true, Excluded: anna})
	leaf := p.Under(sub, testpki.Options{Addresses: anna})
	if res := ask(checker(t, p), leaf, sub); res.Status != Untrusted || len(res.Reason) > 500 {
		t.Errorf("%+v", res)
	}
}

// TestLargeCRL: 10 MB of entries.
func TestLargeCRL(t *testing.T) {
	s := newServices(t)
	this, next := times("good")
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next}
	for i := range int64(270_000) {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(i<<40 + 12345), RevocationTime: s.since, ReasonCode: 1})
	}
	s.crl = s.sign(l, s.pki.Root)
	l = nil
	cert := s.person("crl")
	c := s.checker(Hard, nil)
	cost(t, fmt.Sprintf("a CRL of %.1f MB", float64(len(s.crl))/1e6), 8*time.Second, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		res := c.Check(ctx, Request{Certificate: cert.Certificate, Address: anna[0], Purpose: Sign, At: time.Now()})
		if res.Status != Valid || res.Revocation != isGood {
			t.Errorf("%+v", res)
		}
	})
	cost(t, "the same CRL again", time.Second, func() { check(c, s.person("crl")) })
	listed := *cert.Certificate
	listed.SerialNumber = big.NewInt(77<<40 + 12345)
	if a := c.o.Sources.ask(context.Background(), &listed, s.pki.Root.Certificate, time.Now()); a.State != isRevoked {
		t.Errorf("one of them: %+v", a)
	}
	runtime.KeepAlive(c)
}
