package revocation

// This file plays somebody on the way, who keeps old answers, and services that fall
// silent while what they said holds still.

import (
	"context"
	"crypto/x509"
	"math/big"
	"sync"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
)

// clocked is a checker whose clock a test can move.
type clocked struct {
	*asking
	mu  sync.Mutex
	now time.Time
}

func (s *services) clocked(policy trust.Policy, cache Cache) *clocked {
	c := &clocked{now: time.Now()}
	c.asking = s.asking(policy, Options{Cache: cache, Now: c.time})
	return c
}

func (c *clocked) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clocked) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clocked) verdict(cert *testpki.Cert) (trust.Result, time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	return c.Check(ctx, trust.Request{Certificate: cert.Certificate, Address: anna[0], Purpose: trust.Sign, At: c.time()}), time.Since(start)
}

// verdictInTime is a verdict of which slowness of the machine is no part.
func (c *clocked) verdictInTime(cert *testpki.Cert) trust.Result {
	ctx, cancel := context.WithTimeout(context.Background(), 2*fetchTime)
	defer cancel()
	return c.Check(ctx, trust.Request{Certificate: cert.Certificate, Address: anna[0], Purpose: trust.Sign, At: c.time()})
}

// settle waits until n requests have come.
func (s *services) settle(n int) {
	s.t.Helper()
	for range 200 {
		if s.count("/") >= n {
			time.Sleep(50 * time.Millisecond) // until the answer has been read
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Errorf("%d requests, want %d", s.count("/"), n)
}

func (s *services) listOf(this, next time.Time, certs ...*testpki.Cert) []byte {
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next}
	for _, c := range certs {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.Certificate.SerialNumber, RevocationTime: s.since, ReasonCode: 1})
	}
	return s.sign(l, s.pki.Root)
}

// TestListRefreshedAhead: who comes when a list is half a day old does not wait for a
// newer one, nor for a service that hangs.
func TestListRefreshedAhead(t *testing.T) {
	s := newServices(t)
	first := s.person("crl")
	second := s.person("crl")
	c := s.clocked(trust.Hard, newMemory())
	s.crl = s.listOf(time.Now().Add(-time.Hour), time.Now().Add(7*24*time.Hour))
	if res := c.verdictInTime(first); res.Revocation != trust.RevocationGood {
		t.Fatalf("%+v", res)
	}
	c.forward(longest + time.Minute)
	s.set("hang")
	// Who waits for the service gets no answer, however long: no clock is looked at.
	if res := c.verdictInTime(second); res.Status != trust.Valid || res.Revocation != trust.RevocationGood {
		t.Errorf("%+v", res)
	}
	s.settle(2)
}

// TestReplay: an older list, or an older good answer, does not undo what a newer
// one has said; a newer one does.
func TestReplay(t *testing.T) {
	s := newServices(t)
	cert := s.person("crl")
	c := s.clocked(trust.Soft, newMemory())
	now := time.Now()
	week := now.Add(7 * 24 * time.Hour)
	s.crl = s.listOf(now.Add(-time.Hour), week, cert)
	if res, _ := c.verdict(cert); res.Revocation != trust.RevocationRevoked {
		t.Fatalf("%+v", res)
	}
	for i, k := range []struct {
		this time.Time
		want trust.Revocation
	}{{now.Add(-2 * time.Hour), trust.RevocationRevoked}, {now.Add(time.Hour), trust.RevocationGood}} {
		s.mu.Lock()
		s.crl = s.listOf(k.this, week)
		s.mu.Unlock()
		c.forward(longest + time.Minute)
		c.verdict(cert) // from what is known, while the list is fetched
		s.settle(i + 2)
		c.verdict(cert) // and again, with the new list
		time.Sleep(50 * time.Millisecond)
		if res, _ := c.verdict(cert); res.Revocation != k.want {
			t.Errorf("a list of %v: %+v", k.this.Sub(now), res)
		}
	}
	ocsp := s.person("ocsp")
	o := s.clocked(trust.Soft, newMemory())
	s.set("revoked")
	o.verdict(ocsp)
	s.set("good") // with a thisUpdate of the same hour
	key := answerKey(ocsp.Certificate, s.pki.Root.Certificate)
	before, _ := o.sources.known(context.Background(), key, o.now)
	before.Made = before.Made.Add(time.Hour)
	o.sources.keep(key, before)
	n := s.count("/")
	o.forward(longest + time.Minute)
	o.verdict(ocsp)
	s.settle(n + 1)
	if res, _ := o.verdict(ocsp); res.Revocation != trust.RevocationRevoked {
		t.Errorf("an older answer of OCSP: %+v", res)
	}
}
