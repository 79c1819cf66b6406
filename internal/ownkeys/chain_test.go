package ownkeys

// This file tests how chains are completed.

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/internal/testpki"
	"sealgate/keyring"
	"sealgate/trust/revocation"
)

const place = "http://ca.example/sub.crt"

// pasted is a key under two intermediate authorities, of which the file has none.
type pasted struct {
	pki         *testpki.PKI
	upper, sub  *testpki.Cert
	cert        *testpki.Cert
	box         *keyring.Mailbox
	wantedChain []*x509.Certificate
}

func paste(t *testing.T) pasted {
	pki := testpki.New(t)
	upper := pki.Issue(testpki.Options{Name: "Upper", CA: true})
	sub := pki.Under(upper, testpki.Options{Name: "Sub", CA: true, AIA: []string{"http://ca.example/upper.crt"}})
	cert := pki.Under(sub, testpki.Options{Addresses: []string{support}, AIA: []string{place}})
	return pasted{
		pki: pki, upper: upper, sub: sub, cert: cert, box: mailboxOf(cert),
		wantedChain: []*x509.Certificate{sub.Certificate, upper.Certificate},
	}
}

// hosts are where the authorities lie.
func (p pasted) hosts() services {
	return services{place: p.sub.Certificate.Raw, "http://ca.example/upper.crt": p.upper.Certificate.Raw}
}

func (p pasted) completer(t *testing.T, f revocation.Fetcher) *Completer {
	return &Completer{
		Authorities: sourcesOf(t, f), Known: []*x509.Certificate{p.pki.Root.Certificate}, Now: time.Now,
	}
}

// completed are the keys of boxes after a look that ends soon.
func completed(c *Completer, boxes ...*keyring.Mailbox) []*Key {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	keys := Keys(boxes)
	c.Complete(ctx, keys)
	return keys
}

func (p pasted) isComplete(k *Key) bool {
	return k.Last == nil && slices.EqualFunc(k.Chain, p.wantedChain, (*x509.Certificate).Equal)
}

func openStore(t *testing.T) certstore.Store {
	t.Helper()
	s, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestChainOfAPaste: a certificate pasted alone is completed from each place that could
// know its authorities.
func TestChainOfAPaste(t *testing.T) {
	p := paste(t)
	other := p.pki.Under(p.sub, testpki.Options{Addresses: []string{"sales@firma.example"}})
	sales := mailboxOf(other)
	sales.Credentials[0].Chain = p.wantedChain
	customer := p.pki.Under(p.sub, testpki.Options{Addresses: []string{"anna@kunde.example"}})
	store := openStore(t)
	if err := store.Put(context.Background(), recordOf(customer, p.wantedChain)); err != nil {
		t.Fatal(err)
	}
	for name, look := range map[string]func() []*Key{
		"the file of another key": func() []*Key { return completed(p.completer(t, services{}), p.box, sales) },
		"its own file, with a root that is not trusted here": func() []*Key {
			c := p.completer(t, services{})
			c.Known = nil
			whole := mailboxOf(p.cert)
			whole.Credentials[0].Chain = p.wantedChain
			whole.Credentials[0].Root = p.pki.Root.Certificate
			return completed(c, whole)
		},
		"what lies beside the roots": func() []*Key {
			c := p.completer(t, services{})
			c.Known = append(c.Known, p.wantedChain...)
			return completed(c, p.box)
		},
		"a customer's certificate": func() []*Key {
			c := p.completer(t, services{})
			c.Store = store
			return completed(c, p.box)
		},
		"the authority's host": func() []*Key { return completed(p.completer(t, p.hosts()), p.box) },
	} {
		if k := look()[0]; !p.isComplete(k) {
			t.Errorf("%s: chain of %d, %v", name, len(k.Chain), k.Last)
		}
	}
}

func recordOf(c *testpki.Cert, chain []*x509.Certificate) *certstore.Record {
	now := time.Now()
	r := &certstore.Record{
		DER: c.Certificate.Raw, Identity: certstore.Identity(c.Certificate),
		Fingerprint: sha256.Sum256(c.Certificate.Raw), Addresses: c.Certificate.EmailAddresses,
		KeyUsage: c.Certificate.KeyUsage, NotBefore: c.Certificate.NotBefore, NotAfter: c.Certificate.NotAfter,
		FirstSeen: now, LastSeen: now, ProofTime: now, Source: certstore.Harvested, State: certstore.Active,
	}
	for _, ca := range chain {
		r.Intermediates = append(r.Intermediates, ca.Raw)
	}
	return r
}

// TestChainIsKept: once found it is there after a restart with a dead host.
func TestChainIsKept(t *testing.T) {
	p := paste(t)
	store := openStore(t)
	first := p.completer(t, p.hosts())
	first.Cache = store
	if k := completed(first, p.box)[0]; !p.isComplete(k) {
		t.Fatalf("chain of %d", len(k.Chain))
	}
	next := p.completer(t, services{})
	next.Cache = store
	if k := completed(next, p.box)[0]; !p.isComplete(k) {
		t.Errorf("after a restart: chain of %d, %v", len(k.Chain), k.Last)
	}
}

// hanging is a host that takes connections and does not answer.
type hanging struct{ services }

func (h hanging) Get(ctx context.Context, url string, limit int64) ([]byte, error) {
	if strings.Contains(url, "hangs") {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.services.Get(ctx, url, limit)
}

// TestDeadHost: it holds nothing up for longer than it may, and no other key.
func TestDeadHost(t *testing.T) {
	p := paste(t)
	stuck := mailboxOf(p.pki.Under(p.sub, testpki.Options{
		Addresses: []string{support}, AIA: []string{"http://hangs.example/sub.crt"},
	}))
	// Of another authority, which has no other place.
	lost := p.pki.Issue(testpki.Options{Name: "Lost", CA: true})
	stuck.Credentials[0].Certificate = p.pki.Under(lost, testpki.Options{
		Addresses: []string{support}, AIA: []string{"http://hangs.example/lost.crt"},
	}).Certificate
	begun := time.Now()
	keys := completed(p.completer(t, hanging{p.hosts()}), stuck, p.box)
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if keys[0].Last == nil || !keys[0].Last.Equal(keys[0].Credential.Certificate) {
		t.Errorf("the chain of the stuck one: %v", keys[0].Last)
	}
	if !p.isComplete(keys[1]) {
		t.Errorf("the other one: chain of %d, %v", len(keys[1].Chain), keys[1].Last)
	}
}

// endless is a store with more records than can be looked through.
type endless struct{}

func (endless) List(context.Context, string, int) ([]*certstore.Record, string, error) {
	return nil, "more", nil
}

// TestEndlessStore: a large store leaves time to ask the authority's host.
func TestEndlessStore(t *testing.T) {
	p := paste(t)
	c := p.completer(t, p.hosts())
	c.Store = endless{}
	ctx, cancel := context.WithTimeout(context.Background(), scanTime+5*time.Second)
	defer cancel()
	keys := Keys([]*keyring.Mailbox{p.box})
	c.Complete(ctx, keys)
	if !p.isComplete(keys[0]) {
		t.Errorf("chain of %d, %v", len(keys[0].Chain), ctx.Err())
	}
}

// TestIncompleteIsTold: which authority is missing, where it goes, and that receivers see it.
func TestIncompleteIsTold(t *testing.T) {
	p := paste(t)
	got := found(judgedAt(t, p.pki, services{}, time.Now(), p.box))
	for _, want := range []string{"warning chain: ", `"CN=Sub"`, "not trusted", "append them as PEM to support.pem", place} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in: %s", want, got)
		}
	}
	if strings.Contains(got, "trust: ") {
		t.Errorf("said twice: %s", got)
	}
}

// TestForgedAuthority: what only bears the name of the issuer, or has expired, completes
// nothing.
func TestForgedAuthority(t *testing.T) {
	p := paste(t)
	forged := testpki.New(t).Issue(testpki.Options{Name: "Sub", CA: true})
	past := p.pki.Under(p.upper, testpki.Options{
		Name: "Sub", CA: true, ReuseKeyFrom: p.sub, NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: time.Now().AddDate(-1, 0, 0),
	})
	for _, c := range []*testpki.Cert{forged, past} {
		completer := p.completer(t, services{place: c.Certificate.Raw})
		completer.Known = append(completer.Known, c.Certificate)
		if k := completed(completer, p.box)[0]; len(k.Chain) != 0 || k.Last == nil {
			t.Errorf("chain of %d", len(k.Chain))
		}
	}
}

// TestGivenChainStays: what the admin gave is extended, never replaced, and authorities
// that have signed each other end.
func TestGivenChainStays(t *testing.T) {
	p := paste(t)
	p.box.Credentials[0].Chain = []*x509.Certificate{p.sub.Certificate}
	if k := completed(p.completer(t, p.hosts()), p.box)[0]; !p.isComplete(k) {
		t.Errorf("chain of %d", len(k.Chain))
	}
	a := p.pki.Issue(testpki.Options{Name: "A", CA: true})
	b := p.pki.Under(a, testpki.Options{Name: "B", CA: true})
	back := p.pki.Under(b, testpki.Options{Name: "A", CA: true, ReuseKeyFrom: a, NotAfter: time.Now().AddDate(20, 0, 0)})
	c := p.completer(t, services{})
	c.Known = []*x509.Certificate{b.Certificate, back.Certificate}
	k := completed(c, mailboxOf(p.pki.Under(b, testpki.Options{Addresses: []string{support}})))[0]
	if k.Last == nil || len(k.Chain) > maxChain {
		t.Errorf("chain of %d, %v", len(k.Chain), k.Last)
	}
}
