package trust

import (
	"crypto/x509"
	"testing"

	"sealgate/internal/testpki"
)

// TestPartner: a partner's authority vouches for the partner's addresses, and for
// nobody else's, whatever it certifies.
func TestPartner(t *testing.T) {
	public, partner := testpki.New(t), testpki.New(t)
	c, err := New(Options{
		Roots: []*x509.Certificate{public.Root.Certificate}, AcceptAny: true, Revocation: Off,
		Partners: []Partner{{Domain: "bank.example", Roots: []*x509.Certificate{partner.Root.Certificate}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]Status{
		"clerk@bank.example": Valid, "clerk@sub.bank.example": Valid,
		"anna@kunde.example": Untrusted, "clerk@notbank.example": Untrusted, "clerk@bank.example.evil.example": Untrusted,
	} {
		cert := partner.Issue(testpki.Options{Addresses: []string{addr, "clerk@bank.example"}})
		if res := c.Check(t.Context(), Request{Certificate: cert.Certificate, Address: addr, At: cert.Certificate.NotBefore}); res.Status != want {
			t.Errorf("%s: %+v", addr, res)
		}
		if res := c.Check(t.Context(), Request{Certificate: cert.Certificate, At: cert.Certificate.NotBefore}); res.Status != Untrusted {
			t.Errorf("for nobody in particular: %+v", res)
		}
		own := public.Issue(testpki.Options{Addresses: []string{addr}})
		if res := c.Check(t.Context(), Request{Certificate: own.Certificate, Address: addr, At: own.Certificate.NotBefore}); res.Status != Valid {
			t.Errorf("%s by a public authority: %+v", addr, res)
		}
	}
}
