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
	p := testpki.New(t)
	c := checker(t, p)
	day := 24 * time.Hour
	now := time.Now()
	renewal := testpki.Options{Name: "Sub", CA: true, NotBefore: now.Add(-100 * day), NotAfter: now.Add(-10 * day)}
	then := p.Issue(renewal)
	renewal.ReuseKeyFrom = then
	renewal.NotBefore = now.Add(-5 * day)
	renewal.NotAfter = now.Add(100 * day)
	renewed := p.Issue(renewal)
	renewal.NotBefore = now.Add(5 * day)
	future := p.Issue(renewal)
	stranger := testpki.New(t).Issue(testpki.Options{Name: "Sub", CA: true})
	old := p.Under(then, testpki.Options{Addresses: anna, NotBefore: now.Add(-90 * day), NotAfter: now.Add(-20 * day)})
	for name, k := range map[string]struct {
		ca   *testpki.Cert
		want Status
	}{"of then": {then, Expired}, "renewed": {renewed, Expired}, "not yet": {future, Untrusted}, "of that name": {stranger, Untrusted}} {
		res := ask(c, old, k.ca)
		if res.Status != k.want {
			t.Errorf("the authority %s: %+v", name, res)
		}
		if res.Status == Expired && !res.Chain[0].NotAfter.Equal(old.Certificate.NotAfter) {
			t.Errorf("the authority %s: the chain begins with another certificate", name)
		}
	}
	current := p.Under(then, testpki.Options{Addresses: anna})
	if res := ask(c, current, then); res.Status != Untrusted {
		t.Errorf("an authority that has expired: %+v", res)
	}
}
