package trust

// This file shows what the most expensive mails cost.

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealgate/internal/cputest"
	"sealgate/internal/testpki"
	"sealgate/trust/authority"
)

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
	cputest.AtMost(t, "5,000 certificates in the bag", 3*time.Second, func() {
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
	for range authority.MaxBag - 1 {
		r.Intermediates = append(r.Intermediates, testpki.New(t).Issue(testpki.Options{Name: "Sub", CA: true}).Certificate.Raw)
	}
	r.Intermediates = append(r.Intermediates, sub.Certificate.Raw)
	leaf := p.Under(sub, testpki.Options{Addresses: anna})
	c := checker(t, p)
	cputest.AtMost(t, "100 signers, 64 authorities of one name each", 20*time.Second, func() {
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
	cputest.AtMost(t, "a chain of 60", time.Second, func() {
		if res := c.Check(context.Background(), r); res.Status != Untrusted || !strings.Contains(res.Reason, "at most 10") {
			t.Errorf("%+v", res)
		}
	})
}

// TestEnormousName: to write a name out costs the square of its parts, so one of
// an authority that is too long is not written, and not looked at.
func TestEnormousName(t *testing.T) {
	p := testpki.New(t)
	sub := p.Issue(testpki.Options{Name: strings.Repeat("x", authority.MaxName), CA: true, Excluded: anna})
	leaf := p.Under(sub, testpki.Options{Addresses: anna})
	if res := ask(checker(t, p), leaf, sub); res.Status != Untrusted || len(res.Reason) > 500 {
		t.Errorf("%+v", res)
	}
}
