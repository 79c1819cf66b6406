package trust

// This file tests the excluded addresses of an authority where crypto/x509 does not
// look: it knows rfc822Name in the SAN alone.

import (
	"context"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// TestExcludedAddresses: an authority that may not issue for a mailbox, a host or a
// domain may not do so in the subject, nor as SmtpUTF8Mailbox.
func TestExcludedAddresses(t *testing.T) {
	p := testpki.New(t)
	c := checker(t, p)
	for _, k := range []struct {
		excluded, address string
		want              Status
	}{
		{"kunde.example", "anna@kunde.example", Untrusted},
		{"kunde.example", "anna@mail.kunde.example", Valid}, // a host is not those below it
		{".kunde.example", "anna@mail.kunde.example", Untrusted},
		{".kunde.example", "anna@kunde.example", Valid},
		{"anna@kunde.example", "anna@kunde.example", Untrusted},
		{"bob@kunde.example", "anna@kunde.example", Valid},
		{"kunde.example", "anna@firma.example", Valid},
		{"kunde.example", "jürgen@kunde.example", Untrusted},
		{".kunde.example", "jürgen@mail.kunde.example", Untrusted},
		{"kunde.example", "jürgen@mail.kunde.example", Valid},
		{"kunde.example", "jürgen@firma.example", Valid},
	} {
		ca := p.Issue(testpki.Options{Name: "Constrained", CA: true, Excluded: []string{k.excluded}})
		o := testpki.Options{Name: "x", Subject: []string{k.address}}
		if strings.HasPrefix(k.address, "jürgen") { // what is not ASCII has a place of its own (RFC 9598 §3)
			o = testpki.Options{Name: "x", SmtpUTF8: []string{k.address}}
		}
		leaf := p.Under(ca, o)
		r := Request{Certificate: leaf.Certificate, Intermediates: [][]byte{ca.Certificate.Raw}, Address: k.address, Purpose: Sign, At: time.Now()}
		if got := c.Check(context.Background(), r); got.Status != k.want {
			t.Errorf("%s, %s excluded: %+v", k.address, k.excluded, got)
		}
	}
}
