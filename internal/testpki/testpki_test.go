package testpki

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write primes.txt anew")

// fixedKeys is how many keys of a size primes.txt has.
var fixedKeys = map[int]int{1024: rsaKeys, 2048: rsaKeys, 3072: 2}

// TestFoundPrimes: a test finds each key in primes.txt, and no two are the same.
func TestFoundPrimes(t *testing.T) {
	if *update {
		foundPrimes = writePrimes(t)
	}
	seen := map[string]bool{}
	for bits, keys := range fixedKeys {
		for n := range keys {
			key, err := newKey(bits, n)
			if err != nil {
				t.Fatal(err)
			}
			if key.N.BitLen() != bits {
				t.Errorf("a key of %d bits, not %d", key.N.BitLen(), bits)
			}
			for _, prime := range key.Primes {
				if !prime.ProbablyPrime(0) || seen[prime.String()] {
					t.Errorf("%d bits, key %d: %x is no prime, or is there twice", bits, n, prime)
				}
				seen[prime.String()] = true
			}
			second, err := newKey(bits, n)
			if err != nil || !second.Equal(key) {
				t.Errorf("%d bits, key %d: it was made, not found", bits, n)
			}
		}
	}
}

// writePrimes searches for keys and writes primes.txt.
func writePrimes(t *testing.T) string {
	var text strings.Builder
	for bits, keys := range fixedKeys {
		for range keys {
			key, err := rsa.GenerateKey(rand.Reader, bits)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&text, "%d %x %x\n", bits, key.Primes[0], key.Primes[1])
		}
	}
	if err := os.WriteFile("primes.txt", []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

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
