package revocation

// This file shows what a large CRL costs.

import (
	"context"
	"crypto/x509"
	"fmt"
	"math/big"
	"runtime"
	"testing"
	"time"

	"sealgate/internal/cputest"
	"sealgate/trust"
)

// TestLargeCRL: 10 MB of entries.
func TestLargeCRL(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processor time, which the race detector and other packages' tests make longer")
	}
	s := newServices(t)
	this, next := times("good")
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next}
	for i := range int64(270_000) {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(i<<40 + 12345), RevocationTime: s.since, ReasonCode: 1})
	}
	s.crl = s.sign(l, s.pki.Root)
	l = nil
	cert := s.person("crl")
	c := s.checker(trust.Hard, nil)
	cputest.AtMost(t, fmt.Sprintf("a CRL of %.1f MB", float64(len(s.crl))/1e6), 8*time.Second, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		res := c.Check(ctx, trust.Request{Certificate: cert.Certificate, Address: anna[0], Purpose: trust.Sign, At: time.Now()})
		if res.Status != trust.Valid || res.Revocation != trust.RevocationGood {
			t.Errorf("%+v", res)
		}
	})
	cputest.AtMost(t, "the same CRL again", time.Second, func() { check(c, s.person("crl")) })
	listed := *cert.Certificate
	listed.SerialNumber = big.NewInt(77<<40 + 12345)
	if a := c.sources.ask(context.Background(), &listed, s.pki.Root.Certificate, time.Now()); a.State != trust.RevocationRevoked {
		t.Errorf("one of them: %+v", a)
	}
	runtime.KeepAlive(c)
}
