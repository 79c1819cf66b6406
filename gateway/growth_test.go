package gateway

// This file sends mail that tries to fill the store.

import (
	"context"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"testing"
	"time"

	"sealgate/internal/testpki"
	"sealgate/trust"
	"sealgate/trust/revocation"
)

// growth counts what is put into the caches of a store.
type growth struct {
	revocation.Cache
	answers, octets int
}

func (g *growth) CachePut(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	g.answers++
	g.octets += len(value)
	return g.Cache.CachePut(ctx, key, value, ttl)
}

// TestMailDoesNotGrowTheStore: certificates of an unknown authority, each with a URL of
// its own that leads to as much as would be kept, leave nothing in the store.
func TestMailDoesNotGrowTheStore(t *testing.T) {
	const mails, signers = 4, 16
	h := newHouse(t)
	cache := &growth{Cache: h.store}
	s := h.services(trust.Soft, cache)
	stranger := testpki.New(t)
	padding := pkix.Extension{Id: asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 13}, Value: make([]byte, 11<<10)}
	s.by = stranger.Issue(testpki.Options{Name: "Sub", CA: true, Extra: []pkix.Extension{padding}})
	sent := 0
	for m := range mails {
		var by []*testpki.Cert
		for i := range signers {
			url := fmt.Sprintf("%s/ca/%d/%d", s.url, m, i)
			by = append(by, stranger.Under(s.by, testpki.Options{Addresses: []string{"anna@kunde.example"}, AIA: []string{url}}))
		}
		text := h.signedByAll(by, func([]byte) {})
		sent += len(text)
		if got := h.header(h.process(toSupport, text).text[0], "X-SMIME-Signature"); got != "untrusted" {
			t.Fatalf("mail %d: %s", m, got)
		}
	}
	n, _ := s.count()
	t.Logf("%d octets of mail, %d downloads, %d answers of %d octets in the store", sent, n, cache.answers, cache.octets)
	if n == 0 {
		t.Error("nothing was asked for: this test tests nothing")
	}
	if cache.answers > 0 {
		t.Errorf("%d answers of %d octets are in the store", cache.answers, cache.octets)
	}
}
