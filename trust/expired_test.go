package trust

// This file judges certificates that have expired, under authorities that have, or that
// were renewed since.

import (
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// TestExpiredUnderRenewedAuthority: a certificate that has expired is expired, whether its
// authority's certificate held then or holds now; without either it is untrusted.
func TestExpiredUnderRenewedAuthority(t *testing.T) {
	s := newServices(t)
	day := 24 * time.Hour
	now := time.Now()
	authority := testpki.Options{Name: "Sub", CA: true, NotBefore: now.Add(-100 * day), NotAfter: now.Add(-10 * day)}
	then := s.pki.Issue(authority)
	authority.ReuseKeyFrom = then
	authority.NotBefore = now.Add(-5 * day)
	authority.NotAfter = now.Add(100 * day)
	renewed := s.pki.Issue(authority)
	authority.NotBefore = now.Add(5 * day)
	future := s.pki.Issue(authority)
	stranger := testpki.New(t).Issue(testpki.Options{Name: "Sub", CA: true})
	old := s.pki.Under(then, testpki.Options{Addresses: anna, NotBefore: now.Add(-90 * day), NotAfter: now.Add(-20 * day)})
	for name, k := range map[string]struct {
		ca   *testpki.Cert
		want Status
	}{"of then": {then, Expired}, "renewed": {renewed, Expired}, "not yet": {future, Untrusted}, "of that name": {stranger, Untrusted}} {
		res, _ := check(s.checker(Soft, newMemory()), old, k.ca)
		if res.Status != k.want {
			t.Errorf("the authority %s: %+v", name, res)
		}
		if res.Status == Expired && !res.Chain[0].NotAfter.Equal(old.Certificate.NotAfter) {
			t.Errorf("the authority %s: the chain begins with another certificate", name)
		}
	}
	current := s.pki.Under(then, testpki.Options{Addresses: anna})
	if res, _ := check(s.checker(Soft, newMemory()), current, then); res.Status != Untrusted {
		t.Errorf("an authority that has expired: %+v", res)
	}
}
