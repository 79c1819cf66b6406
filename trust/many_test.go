package trust

// This file judges certificates that speak for many addresses.

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealgate/internal/cputest"
	"sealgate/internal/testpki"
	"sealgate/trust/authority"
)

// addressesBefore are so many addresses, and the one of anna at the end.
func addressesBefore(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("u%d@kunde.example", i))
	}
	return append(list, anna...)
}

// TestEveryAddressCounts: the last of 101 or of 1,001 addresses is compared like the
// first, in each form that a name can have.
func TestEveryAddressCounts(t *testing.T) {
	p := testpki.New(t)
	c := checker(t, p)
	for _, n := range []int{100, 1000} {
		many := addressesBefore(n)
		for form, o := range map[string]testpki.Options{
			"rfc822Name":       {Addresses: many},
			"SmtpUTF8Mailbox":  {Name: "x", SmtpUTF8: many},
			"emailAddress":     {Name: "x", Subject: many},
			"one of each form": {Addresses: many[:n], SmtpUTF8: anna},
		} {
			if form == "emailAddress" && n > 100 {
				continue // such a name is longer than any that is read
			}
			leaf := p.Issue(o).Certificate
			r := Request{Certificate: leaf, Address: anna[0], Purpose: Sign, At: time.Now()}
			if res := c.Check(context.Background(), r); res.Status != Valid {
				t.Errorf("%d addresses as %s: %+v", n, form, res)
			}
			r.Address = "eve@kunde.example"
			res := c.Check(context.Background(), r)
			if res.Status != Mismatch || strings.Count(res.Reason, "@") != maxListed+1 {
				t.Errorf("%d addresses as %s, another one: %+v", n, form, res)
			}
		}
	}
}

// TestListed: as many addresses as are listed, and one more.
func TestListed(t *testing.T) {
	for n, want := range map[int]string{0: "anna@kunde.example", maxListed - 1: "", maxListed: "..."} {
		got := Listed(addressesBefore(n))
		if !strings.HasSuffix(got, want) || strings.Count(got, "@") != min(n+1, maxListed) {
			t.Errorf("%d: %q", n+1, got)
		}
	}
}

// TestLargeCertificate: a certificate of more than authority.MaxCertificate octets speaks for
// nobody, and one that is just small enough is compared in no time.
func TestLargeCertificate(t *testing.T) {
	p := testpki.New(t)
	for n, ok := range map[int]bool{3000: true, 4000: false} {
		leaf := p.Issue(testpki.Options{Addresses: addressesBefore(n)}).Certificate
		if within := len(leaf.Raw) <= authority.MaxCertificate; within != ok {
			t.Fatalf("%d addresses have %d octets: the test's own arithmetic", n, len(leaf.Raw))
		}
		cputest.AtMost(t, "a certificate of thousands of addresses", time.Second, func() {
			res := checker(t, p).Check(context.Background(), Request{Certificate: leaf, Address: anna[0], Purpose: Sign, At: time.Now()})
			if ok && res.Status != Valid || !ok && (res.Status != Mismatch || !strings.Contains(res.Reason, "octets")) {
				t.Errorf("%d addresses: %+v", n, res)
			}
		})
	}
}

// TestComparisonsAreBounded: addresses that crypto/x509 does not compare with the
// constraints of an authority, as often as it would compare those that it knows.
func TestComparisonsAreBounded(t *testing.T) {
	const many = 500
	leaf := &x509.Certificate{}
	for i := range many {
		leaf.EmailAddresses = append(leaf.EmailAddresses, fmt.Sprintf("u%d@kunde.example", i))
	}
	ca := &x509.Certificate{PermittedEmailAddresses: []string{"kunde.example"}}
	for len(ca.PermittedEmailAddresses) < maxComparisons/many {
		ca.PermittedEmailAddresses = append(ca.PermittedEmailAddresses, "other.example")
	}
	if err := nameConstraints([]*x509.Certificate{leaf, ca}); err != nil {
		t.Errorf("as many as are compared: %v", err)
	}
	ca.PermittedEmailAddresses = append(ca.PermittedEmailAddresses, "one.example")
	if err := nameConstraints([]*x509.Certificate{leaf, ca}); err == nil || !strings.Contains(err.Error(), "more than are compared") {
		t.Errorf("more than are compared: %v", err)
	}
}
