package trust

// This file tests what a certificate must be in itself: its key, and the purpose that
// it names.

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"sealgate/internal/spki"
	"sealgate/internal/testpki"
)

// holder is a person's certificate for a public key that nobody has.
func holder(t *testing.T, p *testpki.PKI, key *rsa.PublicKey) *testpki.Cert {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), EmailAddresses: anna, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}, p.Root.Certificate, key, p.Root.Key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &testpki.Cert{Certificate: c, Issuer: p.Root}
}

// TestRSAKeys: below and above the bounds of the modulus, and with exponents that are
// none, a key is weak, even if an admin vouches for the certificate.
func TestRSAKeys(t *testing.T) {
	p := testpki.New(t)
	c := checker(t, p)
	for _, k := range []struct {
		bits, exponent int
		want           Status
	}{
		{spki.MinRSA - 8, 65537, Weak},
		{spki.MinRSA, 65537, Valid},
		{spki.MaxRSA, 65537, Valid},
		{spki.MaxRSA + 8, 65537, Weak},
		{spki.MinRSA, 1, Weak},
		{spki.MinRSA, 2, Weak},
		{spki.MinRSA, 3, Valid},
		{spki.MinRSA, 65536, Weak},
	} {
		key := testpki.EnormousKey(k.bits)
		key.E = k.exponent
		cert := holder(t, p, key)
		for _, pinned := range []bool{false, true} {
			got := c.Check(context.Background(), Request{Certificate: cert.Certificate, Address: anna[0], Purpose: Sign, At: time.Now(), Pinned: pinned})
			if got.Status != k.want || k.want == Weak && got.Rule != "key" {
				t.Errorf("%d bits, exponent %d, pinned %v: %+v", k.bits, k.exponent, pinned, got)
			}
		}
	}
}

// TestNoPurpose: a certificate that names no purpose is for mail only where the admin
// says so; one that names others never is.
func TestNoPurpose(t *testing.T) {
	p := testpki.New(t)
	for _, accept := range []bool{true, false} {
		c, err := New(Options{Roots: []*x509.Certificate{p.Root.Certificate}, AcceptAny: accept, Revocation: Off})
		if err != nil {
			t.Fatal(err)
		}
		for name, k := range map[string]struct {
			o    testpki.Options
			good bool
		}{
			"none":     {testpki.Options{Addresses: anna, NoEKU: true}, accept},
			"for mail": {testpki.Options{Addresses: anna}, true},
			"another":  {testpki.Options{Addresses: anna, EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, false},
		} {
			for _, purpose := range []Purpose{Sign, Encrypt} {
				got := askFor(c, purpose, p.Issue(k.o))
				if got.Status == Valid != k.good || !k.good && got.Status != Untrusted {
					t.Errorf("accept %v, purpose %s: %+v", accept, name, got)
				}
				if name == "none" && !accept && (got.Rule != "usage" || !strings.Contains(got.Reason, "does not say")) {
					t.Errorf("the reason: %+v", got)
				}
			}
		}
	}
}

// TestWeakAuthority: an authority between whose key can be broken vouches for nobody.
func TestWeakAuthority(t *testing.T) {
	p := testpki.New(t)
	sub := p.Issue(testpki.Options{Name: "Sub", CA: true, Key: "rsa-1024"})
	if res := ask(checker(t, p), p.Under(sub, testpki.Options{Addresses: anna}), sub); res.Status != Untrusted || !strings.Contains(res.Reason, "1024") {
		t.Errorf("%+v", res)
	}
}
