package trust

// This file completes chains: with intermediates that earlier mail has proved, and
// with those that certificates themselves point to (RFC 5280 §4.2.2.1).

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Bounds of one completion.
const (
	maxLinks    = 6       // certificates between leaf and root that are looked for
	maxAIAURLs  = 2       // of one certificate
	maxFound    = 4       // authorities of one name
	maxKept     = 1 << 14 // octets of them in the cache
	keepIssuers = 30 * 24 * time.Hour
	keepAIA     = 24 * time.Hour
)

// complete returns what is missing between cert and a root: bag is what came along.
// Whatever it finds is no more than a proposal, for the path search to judge.
func (s *Sources) complete(ctx context.Context, cert *x509.Certificate, bag []*x509.Certificate) (found []*x509.Certificate) {
	for current := cert; len(found) < maxLinks; {
		next := signerOf(current, bag)
		if next == nil {
			proposals := s.issuers(ctx, current)
			if next = signerOf(current, proposals); next == nil {
				return found
			}
			found = append(found, proposals...)
			bag = append(bag, proposals...)
		}
		if bytes.Equal(next.RawIssuer, next.RawSubject) || next.Equal(current) {
			return found
		}
		current = next
		if len(bag) > maxIntermediates {
			return found
		}
	}
	return found
}

// signerOf is an authority of the list that has signed c.
func signerOf(c *x509.Certificate, list []*x509.Certificate) *x509.Certificate {
	for _, ca := range list {
		if bytes.Equal(ca.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(ca) == nil {
			return ca
		}
	}
	return nil
}

// issuers are proposals for the issuer of c: of the pool, else of its AIA.
func (s *Sources) issuers(ctx context.Context, c *x509.Certificate) []*x509.Certificate {
	if list := s.recall(ctx, poolKey(c.RawIssuer)); signerOf(c, list) != nil {
		return list
	}
	for _, u := range c.IssuingCertificateURL[:min(len(c.IssuingCertificateURL), maxAIAURLs)] {
		if list := s.atURL(ctx, u, c); len(list) > 0 {
			return list
		}
	}
	return nil
}

func poolKey(subject []byte) string { return fmt.Sprintf("issuer/%x", sha256.Sum256(subject)) }

// atURL gets the authorities behind a caIssuers URL that have the issuer's name.
func (s *Sources) atURL(ctx context.Context, url string, c *x509.Certificate) []*x509.Certificate {
	key := fmt.Sprintf("aia/%x", sha256.Sum256([]byte(url)))
	if list := s.recall(ctx, key); len(list) > 0 {
		return list
	}
	ch := s.group.DoChan(key, func() (any, error) {
		list, err := s.download(url, c.RawIssuer)
		if err != nil {
			s.o.Log.Info("an authority's certificate was not found", "error", brief(err))
			return list, nil
		}
		s.remember(key, list, keepAIA)
		return list, nil
	})
	select {
	case r := <-ch:
		return r.Val.([]*x509.Certificate)
	case <-ctx.Done():
		return nil
	}
}

func (s *Sources) download(url string, name []byte) (list []*x509.Certificate, err error) {
	defer func() {
		if p := recover(); p != nil { // a fault of ours must not end the gateway
			list, err = nil, fmt.Errorf("trust: panic while certificates were read: %v", p)
		}
	}()
	if s.o.Parse == nil {
		return nil, errors.New("trust: nobody reads certificates")
	}
	data, err := s.try(url, func(ctx context.Context) ([]byte, error) { return s.o.Fetch.Get(ctx, url, maxIssuer) })
	if err != nil {
		return nil, err
	}
	all, err := s.o.Parse(data)
	if err != nil {
		s.fail(url, err)
		return nil, fmt.Errorf("%q: %w", url[:min(len(url), 200)], err)
	}
	for _, ca := range all {
		if ca.IsCA && bytes.Equal(ca.RawSubject, name) && len(list) < maxFound {
			list = append(list, ca)
		}
	}
	return list, nil
}

// learn puts the intermediates of a proven chain into the pool.
func (s *Sources) learn(ctx context.Context, chain []*x509.Certificate) {
	for _, ca := range chain[1:max(1, len(chain)-1)] {
		key := poolKey(ca.RawSubject)
		list := s.recall(ctx, key)
		if len(list) >= maxFound || contains(list, ca) {
			continue
		}
		s.remember(key, append(list, ca), keepIssuers)
	}
}

func contains(list []*x509.Certificate, c *x509.Certificate) bool {
	for _, o := range list {
		if o.Equal(c) {
			return true
		}
	}
	return false
}

func (s *Sources) recall(ctx context.Context, key string) (list []*x509.Certificate) {
	if s.o.Cache == nil {
		return nil
	}
	data, ok, err := s.o.Cache.CacheGet(ctx, key)
	var raw [][]byte
	if err != nil || !ok || json.Unmarshal(data, &raw) != nil {
		return nil
	}
	return parse(raw)
}

func (s *Sources) remember(key string, list []*x509.Certificate, ttl time.Duration) {
	var raw [][]byte
	for _, c := range list {
		raw = append(raw, c.Raw)
	}
	data, err := json.Marshal(raw)
	if s.o.Cache == nil || err != nil || len(data) > maxKept {
		return
	}
	if err := s.o.Cache.CachePut(s.ctx, key, data, ttl); err != nil {
		s.o.Log.Warn("an authority's certificate was not kept", "error", err)
	}
}
