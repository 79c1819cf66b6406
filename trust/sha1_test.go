package trust

// This file attacks the exception for partners who still sign with SHA-1: it must not reach
// beyond the domain, the day and the digest.

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

var lastDay = time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)

// sha1World is an authority that signs with SHA-1 and one below it; clerk is certified by
// the one below.
type sha1World struct {
	*testpki.PKI
	root, sub, clerk *testpki.Cert
}

// newSHA1World signs each certificate with the algorithm that stands for it.
func newSHA1World(t *testing.T, root, sub, clerk x509.SignatureAlgorithm) sha1World {
	t.Helper()
	long := testpki.Options{NotBefore: lastDay.AddDate(-1, 0, 0), NotAfter: lastDay.AddDate(1, 0, 0)}
	w := sha1World{PKI: testpki.New(t)}
	var err error
	w.root, err = testpki.NewRoot(testpki.Options{
		CA: true, Name: "Old Root", Signature: root, NotBefore: long.NotBefore, NotAfter: long.NotAfter,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.sub = w.Under(w.root, testpki.Options{
		CA: true, Name: "Old Sub", Signature: sub, NotBefore: long.NotBefore, NotAfter: long.NotAfter,
	})
	w.clerk = w.Under(w.sub, testpki.Options{
		Addresses: []string{"clerk@bank.example", "clerk@sub.bank.example", "anna@kunde.example", "x@notbank.example"},
		Signature: clerk, NotBefore: long.NotBefore, NotAfter: long.NotAfter,
	})
	return w
}

func (w sha1World) check(t *testing.T, p Partner, addr string, at time.Time, purpose Purpose) Result {
	t.Helper()
	c, err := New(Options{
		Roots: []*x509.Certificate{w.root.Certificate}, Partners: []Partner{p}, AcceptAny: true, Revocation: Off,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Check(t.Context(), Request{
		Certificate: w.clerk.Certificate, Intermediates: [][]byte{w.sub.Certificate.Raw},
		Address: addr, At: at, Purpose: purpose,
	})
}

const (
	sha1 = x509.ECDSAWithSHA1
	sha2 = x509.ECDSAWithSHA256
)

// TestPartnerWithSHA1: certificates signed with SHA-1 count for the partner's addresses, to
// the end of the last day, and for nobody else. The result says so.
func TestPartnerWithSHA1(t *testing.T) {
	bank := Partner{Domain: "bank.example", SHA1Until: lastDay}
	inTime := lastDay.Add(24*time.Hour - time.Second)
	for name, c := range map[string]struct {
		partner Partner
		addr    string
		at      time.Time
		want    Status
	}{
		"the last second":                {bank, "clerk@bank.example", inTime, Valid},
		"a domain below":                 {bank, "clerk@sub.bank.example", inTime, Valid},
		"the day after":                  {bank, "clerk@bank.example", inTime.Add(time.Second), Untrusted},
		"another domain":                 {bank, "anna@kunde.example", inTime, Untrusted},
		"a domain that ends alike":       {bank, "x@notbank.example", inTime, Untrusted},
		"nobody in particular":           {bank, "", inTime, Untrusted},
		"the domain above":               {Partner{Domain: "sub.bank.example", SHA1Until: lastDay}, "clerk@bank.example", inTime, Untrusted},
		"a partner without an exception": {Partner{Domain: "bank.example"}, "clerk@bank.example", inTime, Untrusted},
	} {
		for place, w := range map[string]sha1World{
			"leaf": newSHA1World(t, sha2, sha2, sha1), "authority": newSHA1World(t, sha2, sha1, sha2), "all": newSHA1World(t, sha1, sha1, sha1),
		} {
			for _, purpose := range []Purpose{Sign, Encrypt} {
				got := w.check(t, c.partner, c.addr, c.at, purpose)
				if got.Status != c.want {
					t.Errorf("%s, SHA-1 in %s: %s (%s), want %s", name, place, got.Status, got.Reason, c.want)
				}
				said := strings.Contains(got.Reason, "SHA-1, accepted for this partner until 2027-06-30")
				if said != (c.want == Valid) || got.NeededSHA1() != said || got.SHA1Until.IsZero() == said {
					t.Errorf("%s, SHA-1 in %s: %q, %s", name, place, got.Reason, got.SHA1Until)
				}
			}
		}
	}
}

// TestSHA1OfARoot: what a root bears proves nothing, so a root signed with SHA-1 needs no
// exception, and none is told.
func TestSHA1OfARoot(t *testing.T) {
	w := newSHA1World(t, sha1, sha2, sha2)
	for _, p := range []Partner{{Domain: "bank.example"}, {Domain: "bank.example", SHA1Until: lastDay}} {
		got := w.check(t, p, "clerk@bank.example", lastDay, Sign)
		if got.Status != Valid || got.Reason != "" || got.NeededSHA1() {
			t.Errorf("%+v", got)
		}
	}
}

// TestSHA1IsNoTrust: the exception trusts no authority; it takes no signature that does not
// match, and nothing signed by who may not sign certificates.
func TestSHA1IsNoTrust(t *testing.T) {
	bank := Partner{Domain: "bank.example", SHA1Until: lastDay}
	trusted := newSHA1World(t, sha2, sha2, sha1)
	if got := trusted.check(t, bank, "clerk@bank.example", lastDay, Sign); got.Status != Valid {
		t.Fatalf("%+v", got)
	}
	foreign := newSHA1World(t, sha1, sha1, sha1)
	foreign.root = trusted.root // of the same name
	if got := foreign.check(t, bank, "clerk@bank.example", lastDay, Sign); got.Status != Untrusted {
		t.Errorf("another authority: %+v", got)
	}
	forged := trusted
	changed := *trusted.clerk.Certificate
	changed.Signature = newSHA1World(t, sha2, sha2, sha1).clerk.Certificate.Signature
	forged.clerk = &testpki.Cert{Certificate: &changed, Issuer: trusted.sub}
	if got := forged.check(t, bank, "clerk@bank.example", lastDay, Sign); got.Status != Untrusted {
		t.Errorf("another's signature: %+v", got)
	}
	person := trusted
	person.sub = trusted.Under(trusted.root, testpki.Options{
		Addresses: []string{"clerk@bank.example"}, Signature: sha1, NotAfter: trusted.clerk.Certificate.NotAfter,
	})
	person.clerk = trusted.Under(person.sub, testpki.Options{
		Addresses: []string{"clerk@bank.example"}, Signature: sha1, NotBefore: lastDay.AddDate(-1, 0, 0), NotAfter: trusted.clerk.Certificate.NotAfter,
	})
	if got := person.check(t, bank, "clerk@bank.example", lastDay, Sign); got.Status != Untrusted {
		t.Errorf("by a person: %+v", got)
	}
}

// TestSHA1IsNotMD5: no exception reaches MD5.
func TestSHA1IsNotMD5(t *testing.T) {
	o := newOpensslKeys(t)
	md5 := []string{"-md5"}
	root := o.Issue("root", "", testpki.Template{Key: o.key("root", "rsa"), Sign: md5, Extensions: extensionsCA})
	for digest, want := range map[string]Status{"-sha1": Valid, "-md5": Untrusted} {
		leaf := o.Issue("anna", "root", testpki.Template{Key: o.key("anna", "rsa"), Sign: []string{digest}, Extensions: extensionsAnna})
		c, err := New(Options{
			Roots: []*x509.Certificate{root}, Revocation: Off,
			Partners: []Partner{{Domain: "kunde.example", SHA1Until: time.Now()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Check(t.Context(), Request{Certificate: leaf, Address: anna[0], At: time.Now()}); got.Status != want {
			t.Errorf("%s: %+v, want %s", digest, got, want)
		}
	}
}
