package testpki

import (
	"crypto/x509"
	"os/exec"
	"strings"
	"testing"
)

// TestOpensslReadsThem asks an independent reader.
func TestOpensslReadsThem(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	p := New(t)
	_, root := p.Files(p.Root, "root")
	ca := p.Issue(Options{Name: "Sub CA", CA: true})
	for _, key := range []string{"p256", "p384", "p521", "ed25519", "rsa-2048"} {
		c := p.Under(ca, Options{Addresses: []string{"anna@kunde.example"}, Key: key})
		_, cert := p.Files(c, "anna")
		out, err := exec.Command("openssl", "verify", "-purpose", "smimesign", "-CAfile", root, "-untrusted", cert, cert).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v %s", key, err, out)
		}
		out, _ = exec.Command("openssl", "x509", "-in", cert, "-noout", "-email").CombinedOutput()
		if strings.TrimSpace(string(out)) != "anna@kunde.example" {
			t.Errorf("%s: address %s", key, out)
		}
	}
}

func TestChain(t *testing.T) {
	p := New(t)
	ca := p.Issue(Options{CA: true, Name: "Sub"})
	leaf := p.Under(ca, Options{Addresses: []string{"a@b.example"}, Subject: []string{"c@d.example"}, SmtpUTF8: []string{"jürgen@x.example"}})
	chain := leaf.Chain()
	if len(chain) != 2 || !chain[1].Equal(p.Root.Certificate) {
		t.Fatalf("chain of %d", len(chain))
	}
	roots, inter := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(p.Root.Certificate)
	inter.AddCert(ca.Certificate)
	if _, err := leaf.Certificate.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}); err != nil {
		t.Error(err)
	}
}

// TestRSAKeys: the certificates of one test have different keys, whatever others take
// meanwhile and from whichever root they come.
func TestRSAKeys(t *testing.T) {
	o := Options{Key: "rsa-1024"}
	seen := map[string]bool{}
	for range rsaKeys / 2 {
		for _, p := range []*PKI{New(t), New(t)} {
			seen[string(p.Issue(o).Certificate.RawSubjectPublicKeyInfo)] = true
			everybody.key(1024)
		}
	}
	if len(seen) != rsaKeys {
		t.Errorf("%d keys for %d certificates", len(seen), rsaKeys)
	}
}
