package trust

import (
	"context"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

// TestMissingIntermediate: what would help is the authority between, by its name, where that
// is missing, and the root where the path is there and ends at one that nobody trusts.
func TestMissingIntermediate(t *testing.T) {
	pki := testpki.New(t)
	between := pki.Issue(testpki.Options{Name: "Between CA", CA: true})
	below := pki.Under(between, testpki.Options{Name: "Below CA", CA: true})
	leaf := pki.Under(below, testpki.Options{Addresses: []string{"anna@kunde.example"}}).Certificate
	own := pki.Root.Certificate
	foreign := testpki.New(t).Root.Certificate
	bag := func(list ...*x509.Certificate) (raw [][]byte) {
		for _, c := range list {
			raw = append(raw, c.Raw)
		}
		return raw
	}
	for name, k := range map[string]struct {
		root *x509.Certificate
		bag  [][]byte
		want string
	}{
		"both":        {own, nil, `"CN=Below CA"`},
		"the upper":   {own, bag(below.Certificate), `"CN=Between CA"`},
		"no root":     {foreign, bag(between.Certificate, below.Certificate, own), remedyRoot},
		"in a circle": {foreign, bag(below.Certificate, below.Certificate), `"CN=Between CA"`},
	} {
		c, err := New(Options{Roots: []*x509.Certificate{k.root}, AcceptAny: true, Revocation: Off})
		if err != nil {
			t.Fatal(err)
		}
		res := c.Check(context.Background(), Request{
			Certificate: leaf, Intermediates: k.bag, Address: "anna@kunde.example", At: time.Now(),
		})
		if res.Status != Untrusted || !strings.Contains(res.Remedy, k.want) {
			t.Errorf("%s: %s, %q", name, res.Status, res.Remedy)
		}
	}
}
