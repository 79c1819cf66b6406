package revocation

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
	"slices"
	"strings"
	"time"

	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/trust"
	"sealgate/trust/authority"
)

// Bounds of one completion.
const (
	maxLinks    = 6                // certificates between leaf and root that are looked for
	maxAIAURLs  = 2                // of one certificate
	maxFound    = 4                // authorities of one name
	maxIssuer   = 256 << 10        // octets behind one of the URLs; p7c bundles
	maxUnproved = 4                // downloads at once: anybody can name URLs that hang
	aiaTime     = 10 * time.Second // of one download, with the wait for its turn
	keepIssuers = 30 * 24 * time.Hour
)

// storeSource is what the cache is called where it does not answer.
const storeSource = "the certificate store"

// issuers look for authorities.
type issuers struct {
	*client
	cache     Cache
	parse     func([]byte) ([]*x509.Certificate, error)
	downloads downloads
	unproved  chan struct{} // downloads for certificates that nobody has proved
}

func newIssuers(c *client, cache Cache, parse func([]byte) ([]*x509.Certificate, error)) *issuers {
	return &issuers{
		client: c, cache: cache, parse: parse,
		downloads: downloads{now: c.now, all: map[string]download{}},
		unproved:  make(chan struct{}, maxUnproved),
	}
}

// complete returns what is missing between the certificate asked about and a root:
// bag is what came along. Whatever it finds is no more than a proposal, for the
// path search to judge. What was asked in vain might have been the missing one.
func (s *issuers) complete(
	ctx context.Context,
	r trust.Request,
	bag []*x509.Certificate,
) (found []*x509.Certificate, answered trust.Answered) {
	answered = trust.AllAnswered()
	propose := func(list []*x509.Certificate) {
		for _, ca := range list {
			if !authority.Contains(bag, ca) && !authority.Contains(found, ca) {
				found = append(found, ca)
			}
		}
	}
	current := r.Certificate
	for range maxLinks { // two authorities may have signed each other
		kept, heard := s.recall(ctx, poolKey(current.RawIssuer))
		propose(kept)
		answered = answered.And(heard)
		next := signerOf(ctx, current, r.At, bag, found)
		if next == nil {
			fetched, heard := s.fetchIssuers(ctx, current, r.NoFetch)
			propose(fetched)
			answered = answered.And(heard)
			next = signerOf(ctx, current, r.At, found)
		}
		if next == nil || bytes.Equal(next.RawIssuer, next.RawSubject) || len(found) > authority.MaxBag {
			return found, answered
		}
		current = next
	}
	return found, answered
}

// signerOf is an authority of the lists that has signed c and holds at the time at.
func signerOf(ctx context.Context, c *x509.Certificate, at time.Time, lists ...[]*x509.Certificate) *x509.Certificate {
	for _, ca := range slices.Concat(lists...) {
		if !bytes.Equal(ca.RawSubject, c.RawIssuer) || !authority.ValidAt(ca, at) {
			continue
		}
		if effort.Spend(ctx, authority.Cost(ca)) != nil {
			return nil
		}
		if spki.CheckSignatureFrom(c, ca) == nil {
			return ca
		}
	}
	return nil
}

// fetchIssuers are the authorities behind the URLs of c that have its issuer's name.
func (s *issuers) fetchIssuers(
	ctx context.Context,
	c *x509.Certificate,
	known bool,
) ([]*x509.Certificate, trust.Answered) {
	answered := trust.AllAnswered()
	for _, u := range issuerURLs(c) {
		list, heard := s.atURL(ctx, u, c, known)
		if len(list) > 0 {
			return list, trust.AllAnswered()
		}
		answered = answered.And(heard)
	}
	return nil, answered
}

// issuerURLs are those that are asked. Active Directory writes ldap URLs beside them,
// which never are: no answer of theirs is waited for.
func issuerURLs(c *x509.Certificate) (urls []string) {
	for _, u := range c.IssuingCertificateURL {
		scheme, _, _ := strings.Cut(u, "://")
		if len(urls) < maxAIAURLs && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")) {
			urls = append(urls, u)
		}
	}
	return urls
}

func poolKey(subject []byte) string { return fmt.Sprintf("issuer/%x", sha256.Sum256(subject)) }

// atURL gets the authorities behind one URL, out of memory when only what is known
// may be given. The key holds the name too: else who asks for one authority of a
// bundle would hide the others.
func (s *issuers) atURL(
	ctx context.Context,
	url string,
	c *x509.Certificate,
	known bool,
) ([]*x509.Certificate, trust.Answered) {
	key := fmt.Sprintf("aia/%x", sha256.Sum256(append([]byte(url+"\x00"), c.RawIssuer...)))
	if list := s.downloads.find(key); len(list) > 0 {
		return list, trust.AllAnswered()
	}
	if known {
		return nil, trust.Answered{} // nobody was asked
	}
	if ctx.Err() != nil || s.failures.failed(key) != nil {
		return nil, trust.NotAnswered(s.failures.silence(key, url, pinRemedy))
	}
	ch := s.group.DoChan(key, func() (any, error) {
		if list := s.downloads.find(key); len(list) > 0 { // since a moment ago
			return list, nil
		}
		list, err := s.download(url, key, c.RawIssuer)
		if err != nil {
			s.log.Info("an authority's certificate was not found", "error", brief(err))
			s.failures.fail(key, err)
			return list, nil
		}
		s.downloads.hold(key, list)
		return list, nil
	})
	select {
	case r := <-ch:
		if list := r.Val.([]*x509.Certificate); len(list) > 0 {
			return list, trust.AllAnswered()
		}
	case <-ctx.Done():
	}
	return nil, trust.NotAnswered(s.failures.silence(key, url, pinRemedy))
}

// download remembers a failure by key, not by URL: anybody can name the URL of an
// authority's OCSP service here, and must not silence it so.
func (s *issuers) download(url, key string, name []byte) (list []*x509.Certificate, err error) {
	defer func() {
		if p := recover(); p != nil { // a fault of ours must not end the gateway
			list = nil
			err = fmt.Errorf("revocation: panic while certificates were read: %v", p)
		}
	}()
	if s.parse == nil {
		return nil, errors.New("revocation: nobody reads certificates")
	}
	_, err = s.try(key, aiaTime, func(ctx context.Context) ([]byte, error) {
		data, err := s.getUnproved(ctx, url)
		if err != nil {
			return nil, err
		}
		list, err = s.authorities(data, name)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", shortURL(url), err)
		}
		return data, nil
	})
	return list, err
}

// getUnproved waits for a turn: anybody can name URLs that hang.
func (s *issuers) getUnproved(ctx context.Context, url string) ([]byte, error) {
	select {
	case s.unproved <- struct{}{}:
		defer func() { <-s.unproved }()
		return s.fetch.Get(ctx, url, maxIssuer)
	case <-ctx.Done():
		return nil, errors.New("revocation: too many authorities are looked for")
	}
}

// authorities are those of the name in a file.
func (s *issuers) authorities(data, name []byte) (list []*x509.Certificate, err error) {
	all, err := s.parse(data)
	if err != nil {
		return nil, err
	}
	for _, ca := range all {
		if authority.Acceptable(ca) && bytes.Equal(ca.RawSubject, name) && len(list) < maxFound {
			list = append(list, ca)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("no authority of the issuer's name")
	}
	return list, nil
}

// learn puts the intermediates of a path that leads to a root into the pool, those
// that hold at the time at. Nothing else that mail brought or pointed to is kept.
func (s *issuers) learn(ctx context.Context, chain []*x509.Certificate, at time.Time) {
	if len(chain) < 3 { // a leaf and a root, a root itself, or none
		return
	}
	for _, ca := range chain[1 : len(chain)-1] {
		key := poolKey(ca.RawSubject)
		list, answered := s.recall(ctx, key)
		if !answered.All() || len(list) >= maxFound || authority.Contains(list, ca) || !authority.ValidAt(ca, at) {
			continue
		}
		s.remember(key, append(list, ca))
	}
}

// recall are the authorities that were kept under a key.
func (s *issuers) recall(ctx context.Context, key string) ([]*x509.Certificate, trust.Answered) {
	if s.cache == nil {
		return nil, trust.AllAnswered()
	}
	data, ok, err := s.cache.CacheGet(ctx, key)
	if err != nil {
		s.failures.fail(storeSource, err)
		return nil, trust.NotAnswered(s.failures.silence(storeSource, storeSource, ""))
	}
	s.failures.succeed(storeSource)
	var raw [][]byte
	if !ok || json.Unmarshal(data, &raw) != nil {
		return nil, trust.AllAnswered()
	}
	return authority.ReadBag(raw), trust.AllAnswered()
}

func (s *issuers) remember(key string, list []*x509.Certificate) {
	var raw [][]byte
	for _, c := range list {
		raw = append(raw, c.Raw)
	}
	data, err := json.Marshal(raw)
	if s.cache == nil || err != nil || len(data) > maxKept {
		return
	}
	if err := s.cache.CachePut(s.ctx, key, data, keepIssuers); err != nil {
		s.log.Warn("an authority's certificate was not kept", "error", err)
	}
}
