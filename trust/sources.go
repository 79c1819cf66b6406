package trust

// This file asks the sources of revocation, each once for all who want to know,
// and remembers what they said.

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Fetcher gets what certificates name; *fetch.Client does.
type Fetcher interface {
	Get(ctx context.Context, url string, max int64) ([]byte, error)
	Post(ctx context.Context, url, contentType string, body []byte, max int64) ([]byte, error)
}

// Cache keeps answers beyond a restart; certstore.Store does.
type Cache interface {
	CachePut(ctx context.Context, key string, value []byte, ttl time.Duration) error
	CacheGet(ctx context.Context, key string) (value []byte, known bool, err error)
}

// Bounds of look-ups.
const (
	maxCRL       = 20 << 20 // octets; the largest of public authorities have some 10 MB
	maxOCSP      = 64 << 10
	maxIssuer    = 256 << 10        // octets behind a caIssuers URL; p7c bundles
	maxOCSPURLs  = 2                // of one certificate
	fetchTime    = 30 * time.Second // of one request; who waits may give up before
	pause        = 2 * time.Minute  // after a failure, before the URL is tried again
	maxFailures  = 10000            // URLs and certificates whose failure is remembered
	maxEntries   = 1 << 20          // of all CRLs in memory: 16 MiB
	maxRefreshes = 4                // at once in the background
	longest      = 12 * time.Hour   // an answer is asked for anew, though it may hold longer
	shortest     = time.Minute
)

// SourcesOptions are the settings of Sources.
type SourcesOptions struct {
	Fetch Fetcher
	Cache Cache
	// Parse reads the certificates of a file (DER, PEM, certs-only).
	Parse func([]byte) ([]*x509.Certificate, error)
	Log   *slog.Logger
	Now   func() time.Time // nil: time.Now
}

// Sources are the revocation services and repositories of all authorities, with
// what is known of them. They outlive a Checker.
type Sources struct {
	o       SourcesOptions
	ctx     context.Context // of work in the background
	cancel  context.CancelFunc
	group   singleflight.Group
	refresh chan struct{}

	mu       sync.Mutex
	failures map[string]failure // by URL, and by certificate
	lists    lists
}

type failure struct {
	err   error
	until time.Time
}

// NewSources returns Sources; Close ends what they do in the background.
func NewSources(o SourcesOptions) *Sources {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Sources{o: o, refresh: make(chan struct{}, maxRefreshes), failures: map[string]failure{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close ends requests under way.
func (s *Sources) Close() { s.cancel() }

// ask gives what is known of cert, asking if need be. It waits no longer than ctx.
func (s *Sources) ask(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) answer {
	key := answerKey(cert, issuer)
	if a, ok := s.known(ctx, key, at); ok {
		if s.o.Now().After(a.Refresh) {
			s.ahead(key, cert, issuer)
		}
		return a
	}
	if err := s.failed(key); err != nil {
		return answer{State: isUnknown, Detail: err.Error()}
	}
	return s.wait(ctx, key, s.question(key, cert, issuer, at))
}

// question is the look-up of one certificate, for the group.
func (s *Sources) question(key string, cert, issuer *x509.Certificate, at time.Time) func() (any, error) {
	return func() (any, error) {
		a := s.safely(cert, issuer, at)
		switch a.State {
		case isGood, isRevoked:
			s.keep(key, a)
		case isUnknown:
			s.fail(key, errors.New(a.Detail))
		}
		return a, nil
	}
}

// safely is look, and outlives a fault of ours: in a goroutine of its own a panic
// would end the whole gateway.
func (s *Sources) safely(cert, issuer *x509.Certificate, at time.Time) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("panic while revocation was asked for", "panic", fmt.Sprint(p))
			a = answer{State: isUnknown, Detail: "the revocation service's answer cannot be read"}
		}
	}()
	return s.look(cert, issuer, at)
}

// wait joins a look-up that is under way, or begins it. The look-up goes on when
// ctx ends: the next mail has the answer.
func (s *Sources) wait(ctx context.Context, key string, do func() (any, error)) answer {
	select {
	case r := <-s.group.DoChan(key, do):
		return r.Val.(answer)
	case <-ctx.Done():
		return answer{State: isUnknown, Detail: "the revocation service did not answer in time"}
	}
}

// ahead asks again before an answer has run out, when there is room.
func (s *Sources) ahead(key string, cert, issuer *x509.Certificate) {
	select {
	case s.refresh <- struct{}{}:
	default:
		return
	}
	done := s.group.DoChan(key, s.question(key, cert, issuer, s.o.Now()))
	go func() {
		<-done
		<-s.refresh
	}()
}

// known reads the cache. One that cannot be read is none: the source is asked.
func (s *Sources) known(ctx context.Context, key string, at time.Time) (a answer, ok bool) {
	if s.o.Cache == nil {
		return a, false
	}
	data, ok, err := s.o.Cache.CacheGet(ctx, key)
	if err != nil || !ok || json.Unmarshal(data, &a) != nil {
		return a, false
	}
	return a, !a.Until.Before(at)
}

func (s *Sources) keep(key string, a answer) {
	if s.o.Cache == nil {
		return
	}
	data, err := json.Marshal(a)
	if err == nil {
		err = s.o.Cache.CachePut(s.ctx, key, data, max(shortest, a.Until.Sub(s.o.Now())))
	}
	if err != nil {
		s.o.Log.Warn("an answer on revocation was not kept", "error", err)
	}
}

// look asks OCSP first, then the CRLs; the first that says good or revoked decides.
func (s *Sources) look(cert, issuer *x509.Certificate, at time.Time) answer {
	var errs []error
	for _, u := range cert.OCSPServer[:min(len(cert.OCSPServer), maxOCSPURLs)] {
		a, err := s.askResponder(u, cert, issuer, at)
		if err == nil {
			a.Source = u
			return a
		}
		errs = append(errs, err)
	}
	places := points(cert)
	for _, p := range places {
		a, err := s.askList(p, cert, issuer, at)
		if err == nil {
			return a
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return answer{State: notChecked, Detail: "the certificate names no revocation service"}
	}
	err := errors.Join(errs...)
	s.o.Log.Warn("revocation is unknown", "serial", cert.SerialNumber.Text(16), "error", err)
	return answer{State: isUnknown, Detail: "the revocation service did not say: " + brief(err)}
}

// brief is one line of an error, bounded: it holds hostile text.
func brief(err error) string {
	text := []rune(err.Error())
	for i, r := range text {
		if r < ' ' {
			text[i] = ' '
		}
	}
	return string(text[:min(len(text), 300)])
}

func (s *Sources) askResponder(url string, cert, issuer *x509.Certificate, at time.Time) (answer, error) {
	q, err := askOCSP(cert, issuer)
	if err != nil {
		return answer{}, err
	}
	data, err := s.try(url, func(ctx context.Context) ([]byte, error) {
		return s.o.Fetch.Post(ctx, url, "application/ocsp-request", q.der, maxOCSP)
	})
	if err != nil {
		return answer{}, err
	}
	a, err := q.read(data, at)
	if err != nil {
		return answer{}, fmt.Errorf("%q: %w", url[:min(len(url), 200)], err)
	}
	return a, nil
}

// askList looks on the CRL of one distribution point.
func (s *Sources) askList(p point, cert, issuer *x509.Certificate, at time.Time) (answer, error) {
	if p.indirect || p.reasons {
		return answer{}, errIndirect
	}
	var errs []error
	for _, u := range p.urls {
		c, err := s.list(u, issuer, at)
		if err == nil && !c.point.covers(cert, p) {
			err = fmt.Errorf("%q: the CRL does not speak of this certificate", u[:min(len(u), 200)])
		}
		if err == nil {
			return c.answer(cert, u), nil
		}
		errs = append(errs, err)
	}
	return answer{}, errors.Join(errs...)
}

func (c *crl) answer(cert *x509.Certificate, url string) answer {
	a := answer{State: isGood, Source: url, Until: c.next, Refresh: c.refresh}
	if e, on := c.find(cert); on {
		a.State, a.Since, a.Cause = isRevoked, time.Unix(int64(e.since)*3600, 0), int(e.cause)
	}
	return a
}

// refreshAt is when three quarters of what is left of an answer's life are over,
// and half a day from now at the latest.
func refreshAt(now, until time.Time) time.Time {
	return now.Add(min(longest, until.Sub(now)*3/4))
}

// try makes one request, unless the URL failed just now.
func (s *Sources) try(url string, do func(context.Context) ([]byte, error)) ([]byte, error) {
	if s.o.Fetch == nil {
		return nil, errors.New("no look-ups are made here")
	}
	if err := s.failed(url); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(s.ctx, fetchTime)
	defer cancel()
	data, err := do(ctx)
	if err != nil {
		s.fail(url, err)
	}
	return data, err
}

func (s *Sources) failed(url string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.failures[url]; ok && s.o.Now().Before(f.until) {
		return f.err
	}
	return nil
}

func (s *Sources) fail(url string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) >= maxFailures {
		clear(s.failures)
	}
	s.failures[url] = failure{err, s.o.Now().Add(pause)}
}

// lists are the CRLs in memory, the one used last at the end.
type lists struct {
	all     []namedList
	entries int
}

type namedList struct {
	key string
	*crl
}

func (l *lists) find(key string) *crl {
	i := slices.IndexFunc(l.all, func(n namedList) bool { return n.key == key })
	if i < 0 {
		return nil
	}
	n := l.all[i]
	l.all = append(slices.Delete(l.all, i, i+1), n)
	return n.crl
}

// maxLists bounds the CRLs beside their entries.
const maxLists = 256

func (l *lists) add(key string, c *crl) {
	l.all = slices.DeleteFunc(l.all, func(n namedList) bool {
		if n.key == key {
			l.entries -= len(n.entries)
		}
		return n.key == key
	})
	l.all = append(l.all, namedList{key, c})
	l.entries += len(c.entries)
	for len(l.all) > 1 && (l.entries > maxEntries || len(l.all) > maxLists) {
		l.entries -= len(l.all[0].entries)
		l.all = slices.Delete(l.all, 0, 1)
	}
}

// list is the CRL at url, from memory while it holds and needs no refresh.
func (s *Sources) list(url string, issuer *x509.Certificate, at time.Time) (*crl, error) {
	key := url + "\x00" + string(issuer.RawSubjectPublicKeyInfo)
	s.mu.Lock()
	c := s.lists.find(key)
	s.mu.Unlock()
	if c != nil && c.fresh(at) == nil && s.o.Now().Before(c.refresh) {
		return c, nil
	}
	r, err, _ := s.group.Do("list "+key, func() (any, error) { return s.safeList(url, key, issuer) })
	if err != nil {
		if c != nil && c.fresh(at) == nil { // the older one holds still
			return c, nil
		}
		return nil, err
	}
	got := r.(*crl)
	if err := got.fresh(at); err != nil {
		err = fmt.Errorf("%q: %w", url[:min(len(url), 200)], err)
		s.fail(url, err)
		return nil, err
	}
	return got, nil
}

// safeList is fetchList, and outlives a fault of ours: the group would end the
// gateway with it.
func (s *Sources) safeList(url, key string, issuer *x509.Certificate) (c *crl, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("panic while a CRL was read", "panic", fmt.Sprint(p))
			c, err = nil, errCRL
		}
	}()
	return s.fetchList(url, key, issuer)
}

func (s *Sources) fetchList(url, key string, issuer *x509.Certificate) (*crl, error) {
	data, err := s.try(url, func(ctx context.Context) ([]byte, error) { return s.o.Fetch.Get(ctx, url, maxCRL) })
	if err != nil {
		return nil, err
	}
	c, err := parseCRL(data, issuer)
	if err != nil {
		err = fmt.Errorf("%q: %w", url[:min(len(url), 200)], err)
		s.fail(url, err)
		return nil, err
	}
	c.refresh = refreshAt(s.o.Now(), c.next)
	s.mu.Lock()
	s.lists.add(key, c)
	s.mu.Unlock()
	return c, nil
}
