package ownkeys

// This file keeps completed chains beyond a restart, and looks for authorities among other
// people's certificates.

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"time"

	"sealgate/certstore"
	"sealgate/internal/x509cert"
)

// Bounds of what is looked through.
const (
	pageSize   = 200             // records at once; internal/control gives no more
	scanTime   = 2 * time.Second // of a large store: time is left to ask the network
	maxStored  = 10_000          // authorities of all records: those that issue for mail are some hundred
	keepChains = 400 * 24 * time.Hour
)

// Cache keeps chains beyond a restart; certstore.Store does.
type Cache interface {
	CachePut(ctx context.Context, key string, value []byte, ttl time.Duration) error
	CacheGet(ctx context.Context, key string) (value []byte, known bool, err error)
}

// Lister is a store of certificates; certstore.Store and a running gateway's are.
type Lister interface {
	List(ctx context.Context, cursor string, n int) (page []*certstore.Record, next string, err error)
}

// storedAuthorities are all that lie beside the certificates of a store. One that does not
// answer has none: the chain is looked for elsewhere, and the store is missed elsewhere.
func storedAuthorities(ctx context.Context, store Lister) (list []*x509.Certificate) {
	if store == nil {
		return nil
	}
	seen := map[[32]byte]bool{}
	cursor := ""
	for {
		page, next, err := store.List(ctx, cursor, pageSize)
		if err != nil || ctx.Err() != nil {
			return list
		}
		for _, r := range page {
			for _, der := range r.Intermediates {
				sum := sha256.Sum256(der)
				if seen[sum] || len(seen) == maxStored {
					continue
				}
				seen[sum] = true
				if c, err := x509cert.Parse(der); err == nil {
					list = append(list, c)
				}
			}
		}
		if next == "" {
			return list
		}
		cursor = next
	}
}

// keptKey is where the chain of a certificate is kept: a cache of its own, which mail does
// not fill.
func keptKey(leaf *x509.Certificate) string { return fmt.Sprintf("chain/%x", sha256.Sum256(leaf.Raw)) }

// keep keeps a chain until its leaf expires. When it cannot be kept, it is looked for again.
func keep(ctx context.Context, cache Cache, leaf *x509.Certificate, chain []*x509.Certificate, now time.Time) {
	if cache == nil {
		return
	}
	var raw [][]byte
	for _, c := range chain {
		raw = append(raw, c.Raw)
	}
	if data, err := json.Marshal(raw); err == nil {
		_ = cache.CachePut(ctx, keptKey(leaf), data, min(keepChains, leaf.NotAfter.Sub(now)+time.Hour))
	}
}

// recall is the chain that was kept.
func recall(ctx context.Context, cache Cache, leaf *x509.Certificate) (chain []*x509.Certificate) {
	if cache == nil {
		return nil
	}
	data, known, err := cache.CacheGet(ctx, keptKey(leaf))
	var raw [][]byte
	if err != nil || !known || json.Unmarshal(data, &raw) != nil {
		return nil
	}
	for _, der := range raw {
		if c, err := x509cert.Parse(der); err == nil {
			chain = append(chain, c)
		}
	}
	return chain
}
