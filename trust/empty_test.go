package trust

// This file tests what others take for nothing: extensions that are present and empty.

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"sealgate/internal/testpki"
)

var (
	noUsage   = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{3, 2, 7, 0}}
	noPurpose = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: []byte{0x30, 0}}
)

// TestEmptyUsage: a key usage without a bit and a list of no purposes allow nothing
// (RFC 5280 §4.2.1.3, §4.2.1.12), in the certificate, in an authority and in a root.
// openssl and NSS refuse them too.
func TestEmptyUsage(t *testing.T) {
	for name, empty := range map[string]pkix.Extension{"key usage": noUsage, "purposes": noPurpose} {
		extra := []pkix.Extension{empty}
		p := testpki.New(t)
		for _, acceptAny := range []bool{true, false} {
			c, err := New(Options{Roots: []*x509.Certificate{p.Root.Certificate}, AcceptAny: acceptAny, Revocation: Off})
			if err != nil {
				t.Fatal(err)
			}
			leaf := p.Issue(testpki.Options{Addresses: anna, Extra: extra})
			sub := p.Issue(testpki.Options{Name: "Sub", CA: true, Extra: extra})
			for _, purpose := range []Purpose{Sign, Encrypt} {
				if got := askFor(c, purpose, leaf); got.Status != Untrusted || got.Rule != "usage" {
					t.Errorf("%s of the certificate: %+v", name, got)
				}
				if got := askFor(c, purpose, p.Under(sub, testpki.Options{Addresses: anna}), sub); got.Status != Untrusted || got.Rule != "chain" {
					t.Errorf("%s of an authority: %+v", name, got)
				}
			}
		}
		root, err := testpki.NewRoot(testpki.Options{Name: "Root", Extra: extra})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := root.Issue(testpki.Options{Addresses: anna})
		if err != nil {
			t.Fatal(err)
		}
		c, err := New(Options{Roots: []*x509.Certificate{root.Certificate}, AcceptAny: true, Revocation: Off})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(c, leaf); got.Status != Untrusted {
			t.Errorf("%s of a root: %+v", name, got)
		}
	}
}
