package revocation

// This file tests which authorities are kept, and how many.

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
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
	c := s.checker(trust.Soft, newMemory())
	for i, leaf := range leaves {
		if res, _ := check(c, leaf, subs[i]); res.Status != trust.Valid {
			t.Fatalf("%d, with its authority: %+v", i, res)
		}
	}
	for i, leaf := range leaves {
		if res, _ := check(c, leaf); res.Status == trust.Valid != (i < maxFound) {
			t.Errorf("%d, from the pool: %+v", i, res)
		}
	}
}

// TestPoolIsNotFilledWithTwins: one authority in many forms, with other octets behind
// its signature, takes one place of its name.
func TestPoolIsNotFilledWithTwins(t *testing.T) {
	s := newServices(t)
	subs, leaves := s.namesakes(1, testpki.Options{Addresses: anna})
	c := s.checker(trust.Soft, newMemory())
	for i := range maxFound {
		var outer asn1.RawValue
		if _, err := asn1.Unmarshal(subs[0].Certificate.Raw, &outer); err != nil {
			t.Fatal(err)
		}
		outer.FullBytes = nil
		outer.Bytes = append(slices.Clone(outer.Bytes), 4, 1, byte(i))
		der, err := asn1.Marshal(outer)
		if err != nil {
			t.Fatal(err)
		}
		twin, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if res, _ := check(c, leaves[0], &testpki.Cert{Certificate: twin}); res.Status != trust.Valid {
			t.Fatalf("with a twin of its authority: %+v", res)
		}
	}
	if res, _ := check(c, leaves[1], subs[1]); res.Status != trust.Valid {
		t.Fatalf("another authority of the name: %+v", res)
	}
	if res, _ := check(c, leaves[1]); res.Status != trust.Valid {
		t.Errorf("the other authority was not kept: %+v", res)
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
		if res, _ := check(s.checker(trust.Soft, newMemory()), leaf); res.Status == trust.Valid != (i < maxFound) {
			t.Errorf("%d of the bundle: %+v", i, res)
		}
	}
}

// TestUnprovedAuthoritiesAreNotKept: what certificates point to that no root has
// proved stays out of the store, whatever their number; it is held in memory for a
// moment, so that a second mail does not fetch it again.
func TestUnprovedAuthoritiesAreNotKept(t *testing.T) {
	s := newServices(t)
	stranger := testpki.New(t)
	sub := stranger.Issue(testpki.Options{Name: "Sub", CA: true})
	s.ca = sub.Certificate.Raw
	cache := newMemory()
	c := s.checker(trust.Soft, cache)
	for i := range 20 {
		leaf := stranger.Under(sub, testpki.Options{Addresses: anna, AIA: []string{fmt.Sprintf("%s/ca/%d", s.url, i)}})
		for range 2 {
			if res, _ := check(c, leaf); res.Status != trust.Untrusted {
				t.Fatalf("%+v", res)
			}
		}
	}
	if n := s.count("/ca"); n != 20 {
		t.Errorf("%d downloads, want 20", n)
	}
	if len(cache.data) > 0 {
		t.Errorf("%d entries in the store", len(cache.data))
	}
}

// TestExpiredCertificateProvesItsAuthority: an authority whose path to a root was found
// is kept, though the certificate that showed it has expired.
func TestExpiredCertificateProvesItsAuthority(t *testing.T) {
	s := newServices(t)
	day := 24 * time.Hour
	sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
	s.ca = sub.Certificate.Raw
	old := s.pki.Under(sub, testpki.Options{Addresses: anna, AIA: []string{s.url + "/ca"}, NotBefore: time.Now().Add(-2 * day), NotAfter: time.Now().Add(-day)})
	c := s.checker(trust.Soft, newMemory())
	if res, _ := check(c, old); res.Status != trust.Expired {
		t.Fatalf("%+v", res)
	}
	if res, _ := check(c, s.pki.Under(sub, testpki.Options{Addresses: anna})); res.Status != trust.Valid {
		t.Errorf("from the pool: %+v", res)
	}
}

// TestDownloadsAreBounded: the memory of downloads in number, and each in octets.
func TestDownloadsAreBounded(t *testing.T) {
	d := downloads{now: time.Now, all: map[string]download{}}
	small := []*x509.Certificate{{Raw: make([]byte, maxKept)}}
	for i := range maxDownloads {
		d.hold(fmt.Sprint(i), small)
	}
	if len(d.all) != maxDownloads || d.find("0") == nil {
		t.Errorf("%d downloads, want %d", len(d.all), maxDownloads)
	}
	d.hold("one more", small)
	if len(d.all) > maxDownloads || d.find("one more") == nil {
		t.Errorf("%d downloads, at most %d", len(d.all), maxDownloads)
	}
	d.hold("large", []*x509.Certificate{{Raw: make([]byte, maxKept+1)}})
	if d.find("large") != nil {
		t.Error("one octet more than is held")
	}
}
