package revocation

// This file lets sources fall silent and looks at what is said of them.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

// checkerAt is a checker over sources that live at a clock's time.
func (s *services) checkerAt(c *clock, policy trust.Policy, cache Cache) *asking {
	s.t.Helper()
	return s.asking(policy, Options{Cache: cache, Now: c.time})
}

// TestSilentAuthority: the service that has the missing authority is down, slow, or
// says something else. That is no "no", and it is said since when.
func TestSilentAuthority(t *testing.T) {
	for _, mode := range []string{"hang", "404", "garbage", "huge", "redirect"} {
		t.Run(mode, func(t *testing.T) {
			s := newServices(t)
			sub := s.pki.Issue(testpki.Options{Name: "Sub", CA: true})
			s.ca = sub.Certificate.Raw
			url := s.url + "/ca"
			leaf := s.pki.Under(sub, testpki.Options{Addresses: anna, AIA: []string{"ldap:///CN=Sub", "ldap:///CN=Sub,DC=x", url}})
			c := &clock{now: time.Now()}
			check := s.checkerAt(c, trust.Soft, newMemory())
			judge := func() trust.Result {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				return check.Check(ctx, trust.Request{Certificate: leaf.Certificate, Address: anna[0], Purpose: trust.Encrypt, At: time.Now()})
			}
			s.set(mode)
			since := c.now
			for range 3 {
				res := judge()
				silent := res.Answered.Silent()
				if res.Status != trust.Untrusted || res.Answered.All() || len(silent) != 1 || silent[0].Source != url || !silent[0].Since.Equal(since) {
					t.Fatalf("%s %+v, want silence of %s since %v", res.Status, res.Answered, url, since)
				}
				if !strings.Contains(res.Reason, silent[0].String()) || !strings.Contains(res.Remedy, "cert pin") {
					t.Errorf("%q, %q", res.Reason, res.Remedy)
				}
				c.now = c.now.Add(pause + time.Second)
			}
			if mode == "hang" {
				return // the request is still under way
			}
			s.set("good")
			if res := judge(); res.Status != trust.Valid {
				t.Errorf("it answers again: %+v", res)
			}
		})
	}
}

// TestAuthorityThatAnswers: the path is complete and leads to nobody who is trusted, or
// the certificate names nobody to ask, or has expired: that is a "no".
func TestAuthorityThatAnswers(t *testing.T) {
	s := newServices(t)
	stranger := testpki.New(t)
	s.ca = stranger.Root.Certificate.Raw
	year := 365 * 24 * time.Hour
	for name, o := range map[string]testpki.Options{
		"nobody to ask": {Addresses: anna},
		"a stranger":    {Addresses: anna, AIA: []string{s.url + "/ca"}},
		"expired":       {Addresses: anna, AIA: []string{s.url + "/nothing"}, NotBefore: time.Now().Add(-2 * year), NotAfter: time.Now().Add(-year)},
		"another's":     {Addresses: []string{"bob@kunde.example"}, AIA: []string{s.url + "/nothing"}},
	} {
		leaf := stranger.Issue(o)
		if name == "expired" {
			s.set("404")
		}
		res := s.checker(trust.Soft, newMemory()).Check(t.Context(), trust.Request{Certificate: leaf.Certificate, Address: anna[0], Purpose: trust.Encrypt, At: time.Now()})
		if res.Status == trust.Valid || !res.Answered.All() {
			t.Errorf("%s: %s %+v", name, res.Status, res.Answered)
		}
		s.set("good")
	}
}

// brokenCache does not answer.
type brokenCache struct{ Cache }

func (brokenCache) CacheGet(context.Context, string) ([]byte, bool, error) {
	return nil, false, errors.New("disk on fire")
}

// TestSilentPool: the store that may hold the missing authority does not answer.
func TestSilentPool(t *testing.T) {
	s := newServices(t)
	leaf := s.pki.Under(s.pki.Issue(testpki.Options{Name: "Sub", CA: true}), testpki.Options{Addresses: anna})
	res := s.checker(trust.Soft, brokenCache{newMemory()}).Check(t.Context(), trust.Request{Certificate: leaf.Certificate, Address: anna[0], Purpose: trust.Encrypt, At: time.Now()})
	if silent := res.Answered.Silent(); res.Answered.All() || len(silent) != 1 || silent[0].Source != storeSource {
		t.Errorf("%s %+v", res.Status, res.Answered)
	}
}

// TestSilentRevocation: under hard a silent service could have made the certificate
// usable; under soft its silence changes nothing, and where there is none, nobody is
// waited for.
func TestSilentRevocation(t *testing.T) {
	s := newServices(t)
	s.set("404")
	asked, unasked := s.person("ocsp"), s.person()
	for _, k := range []struct {
		policy trust.Policy
		leaf   *testpki.Cert
		status trust.Status
		all    bool
	}{
		{trust.Hard, asked, trust.Unchecked, false}, {trust.Hard, unasked, trust.Unchecked, true}, {trust.Soft, asked, trust.Valid, true}, {trust.Soft, unasked, trust.Valid, true}, {trust.Off, asked, trust.Valid, true},
	} {
		res := s.checker(k.policy, newMemory()).Check(t.Context(), trust.Request{Certificate: k.leaf.Certificate, Address: anna[0], Purpose: trust.Encrypt, At: time.Now()})
		if res.Status != k.status || res.Answered.All() != k.all {
			t.Errorf("%s: %s %+v, want %s, %v", k.policy, res.Status, res.Answered, k.status, k.all)
		}
		if silent := res.Answered.Silent(); !k.all && (len(silent) != 1 || silent[0].Source != s.url+"/ocsp") {
			t.Errorf("%s: %+v", k.policy, silent)
		}
	}
}
