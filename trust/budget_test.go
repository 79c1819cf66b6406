package trust

import (
	"context"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"sealgate/internal/effort"
	"sealgate/internal/testpki"
	"sealgate/trust/authority"
)

// TestSearchCost: an ordinary chain costs its signatures; authorities that could all
// have issued each other cost as many as crypto/x509 checks at most.
func TestSearchCost(t *testing.T) {
	pki := testpki.New(t)
	sub := pki.Issue(testpki.Options{Name: "Sub", CA: true})
	leaf := pki.Under(sub, testpki.Options{Addresses: []string{"anna@kunde.example"}})
	one := effort.Verification(leaf.Key.Public())
	all := []*x509.Certificate{sub.Certificate, pki.Root.Certificate}
	// The root's own signature is not looked at: it is in the chain already.
	if got, _ := searchCost(leaf.Certificate, all); got != 2*one {
		t.Errorf("a chain of three: %v, want %v", got, 2*one)
	}
	for range 3 {
		all = append(all, pki.Issue(testpki.Options{Name: "Sub", CA: true}).Certificate)
	}
	if got, _ := searchCost(leaf.Certificate, all); got != 8*one {
		t.Errorf("four authorities of one name: %v, want %v", got, 8*one)
	}
	for i := range 60 {
		all = append(all, pki.Under(sub, testpki.Options{Name: "Sub", CA: true, ReuseKeyFrom: sub, Subject: []string{fmt.Sprint(i)}}).Certificate)
	}
	all = append(all, crossed(pki)...)
	if got, _ := searchCost(all[len(all)-1], all); got != maxChecks*one {
		t.Errorf("authorities that issued each other: %v, want %v", got, maxChecks*one)
	}
}

// crossed are authorities of two names, each of which issued all of the other.
func crossed(pki *testpki.PKI) (list []*x509.Certificate) {
	a := pki.Issue(testpki.Options{Name: "A", CA: true})
	b := pki.Under(a, testpki.Options{Name: "B", CA: true})
	for range 20 {
		list = append(list, pki.Under(b, testpki.Options{Name: "A", CA: true}).Certificate)
		list = append(list, pki.Under(a, testpki.Options{Name: "B", CA: true}).Certificate)
	}
	return list
}

// TestCertificateBeyondBudget: what may cost more than is left is not judged, and never
// valid; the end of the message's time is a fault of ours.
func TestCertificateBeyondBudget(t *testing.T) {
	pki := testpki.New(t)
	leaf := pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}})
	c, err := New(Options{Roots: []*x509.Certificate{pki.Root.Certificate}, Revocation: Off})
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Certificate: leaf.Certificate, Address: "anna@kunde.example", At: time.Now()}
	one := effort.Verification(pki.Root.Key.Public())
	ctx := effort.WithBudget(t.Context())
	if err := effort.Spend(ctx, effort.PerMessage-one); err != nil {
		t.Fatal(err)
	}
	if res := c.Check(ctx, r); res.Status != Valid {
		t.Errorf("just within: %+v", res)
	}
	if res := c.Check(ctx, r); res.Status != Unchecked || res.Rule != RuleCost || res.Fault != nil || res.Reason == "" {
		t.Errorf("just beyond: %+v", res)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if res := c.Check(effort.WithBudget(gone), r); res.Status != Unchecked || res.Fault == nil || res.Answered.All() {
		t.Errorf("after the message's time: %+v", res)
	}
}

// BenchmarkParse reads certificates of as many names as fit, and says what 1 KiB costs.
func BenchmarkParse(b *testing.B) {
	root, err := testpki.NewRoot(testpki.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for i := range 4000 {
		names = append(names, fmt.Sprintf("%d.example", i))
	}
	ca, err := root.Issue(testpki.Options{CA: true, Excluded: names})
	if err != nil {
		b.Fatal(err)
	}
	bag := make([][]byte, 16)
	for i := range bag {
		bag[i] = ca.Certificate.Raw
	}
	for b.Loop() {
		if got := authority.ReadBag(bag); len(got) != len(bag) {
			b.Fatal(len(got))
		}
	}
	octets := len(bag) * len(bag[0])
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(octets>>10), "ns/KiB")
}
