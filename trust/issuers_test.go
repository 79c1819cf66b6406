package trust

// This file tests how many authorities of one name are kept.

import (
	"testing"

	"sealgate/internal/testpki"
)

// namesakes are one more than so many authorities called Sub, each with a key of its
// own, and somebody under each.
func (s *services) namesakes(n int, o testpki.Options) (subs, leaves []*testpki.Cert) {
	for range n + 1 {
		sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
		subs, leaves = append(subs, sub), append(leaves, s.pki.Under(sub, o))
	}
	return subs, leaves
}

// TestPoolBound: of the authorities of one name that mail has proved, the first few
// are kept: a name does not fill the store.
func TestPoolBound(t *testing.T) {
	s := newServices(t)
	subs, leaves := s.namesakes(maxFound, testpki.Options{Addresses: anna})
	c := s.checker(Soft, newMemory())
	for i, leaf := range leaves {
		if res, _ := check(c, leaf, subs[i]); res.Status != Valid {
			t.Fatalf("%d, with its authority: %+v", i, res)
		}
	}
	for i, leaf := range leaves {
		if res, _ := check(c, leaf); res.Status == Valid != (i < maxFound) {
			t.Errorf("%d, from the pool: %+v", i, res)
		}
	}
}

// TestBundleBound: of a bundle of authorities of one name the first few are tried.
func TestBundleBound(t *testing.T) {
	s := newServices(t)
	subs, leaves := s.namesakes(maxFound, testpki.Options{Addresses: anna, AIA: []string{s.url + "/ca"}})
	for _, sub := range subs {
		s.ca = append(s.ca, sub.Certificate.Raw...)
	}
	for i, leaf := range leaves {
		if res, _ := check(s.checker(Soft, newMemory()), leaf); res.Status == Valid != (i < maxFound) {
			t.Errorf("%d of the bundle: %+v", i, res)
		}
	}
}
