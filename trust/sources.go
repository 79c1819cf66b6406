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
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Fetcher gets what certificates name; *fetch.Client does.
type Fetcher interface {
	Get(ctx context.Context, url string, limit int64) ([]byte, error)
	Post(ctx context.Context, url, contentType string, body []byte, limit int64) ([]byte, error)
}

// Cache keeps answers beyond a restart, within bounds; certstore.Store does. A key is
// the name of a cache, a slash and the rest; each cache has bounds of its own.
type Cache interface {
	CachePut(ctx context.Context, key string, value []byte, ttl time.Duration) error
	CacheGet(ctx context.Context, key string) (value []byte, known bool, err error)
}

// Bounds of look-ups.
const (
	maxOCSP      = 64 << 10
	maxIssuer    = 256 << 10        // octets behind a caIssuers URL; p7c bundles
	maxOCSPURLs  = 2                // of one certificate
	fetchTime    = 30 * time.Second // of one request; who waits may give up before
	ocspTime     = 3 * time.Second  // of a responder, so that there is time for the CRL
	pause        = 2 * time.Minute  // after a failure, before the URL is tried again
	maxFailures  = 10000            // URLs and certificates whose failure is remembered
	maxRefreshes = 4                // at once in the background
	longest      = 12 * time.Hour   // an answer is asked for anew, though it may hold longer
	shortest     = time.Minute
	farthest     = 370 * 24 * time.Hour // for which an answer is kept; CRLs of roots hold a year
	keepRevoked  = 90 * 24 * time.Hour  // revoked remains revoked, whatever the next answer lacks
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
	reading chan struct{} // of CRLs
	unknown chan struct{} // downloads for certificates that nobody has proved

	mu        sync.Mutex
	failures  map[[32]byte]failure // by URL, and by certificate
	downloads map[string]download  // by URL and name
	lists     lists
}

// NewSources returns Sources; Close ends what they do in the background.
func NewSources(o SourcesOptions) *Sources {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Sources{
		o: o, refresh: make(chan struct{}, maxRefreshes), reading: make(chan struct{}, maxReading),
		unknown: make(chan struct{}, maxUnproved), failures: map[[32]byte]failure{}, downloads: map[string]download{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close ends requests under way.
func (s *Sources) Close() { s.cancel() }

// ask gives what is known of cert, asking if need be. It waits no longer than ctx.
func (s *Sources) ask(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) answer {
	key := answerKey(cert, issuer)
	if a, ok := s.known(ctx, key, at); ok {
		if s.o.Now().After(a.Refresh) && s.failed(key) == nil {
			s.ahead(key, s.question(key, cert, issuer, at))
		}
		return a
	}
	if err := s.failed(key); err != nil {
		return answer{State: isUnknown, Detail: err.Error()}
	}
	return s.wait(ctx, key, s.question(key, cert, issuer, at))
}

// question is the look-up of one certificate, for the group. It looks again at what
// is known: the one before may have ended since.
func (s *Sources) question(key string, cert, issuer *x509.Certificate, at time.Time) func() (any, error) {
	return func() (any, error) {
		before, ok := s.known(s.ctx, key, at)
		if ok && s.o.Now().Before(before.Refresh) {
			return before, nil
		}
		if err := s.failed(key); err != nil {
			return answer{State: isUnknown, Detail: err.Error()}, nil
		}
		a := s.safely(cert, issuer, at)
		if ok && before.State == isRevoked && a.State == isGood && !a.Made.After(before.Made) {
			return before, nil // an old answer, which somebody on the way has kept
		}
		if until := at.Add(keepRevoked); a.isForGood() && a.Until.Before(until) {
			a.Until = until // for good (RFC 5280 §5.3.1), and asked for anew all the same
		}
		switch a.State {
		case isGood, isRevoked:
			s.succeed(key)
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

// ahead does a look-up again before what is known has run out, when there is room.
func (s *Sources) ahead(key string, do func() (any, error)) {
	select {
	case s.refresh <- struct{}{}:
	default:
		return
	}
	done := s.group.DoChan(key, do)
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
		err = s.o.Cache.CachePut(s.ctx, key, data, min(farthest, max(shortest, a.Until.Sub(s.o.Now()))))
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

func (s *Sources) askResponder(url string, cert, issuer *x509.Certificate, at time.Time) (answer, error) {
	q, err := askOCSP(cert, issuer)
	if err != nil {
		return answer{}, err
	}
	data, err := s.try(url, ocspTime, func(ctx context.Context) ([]byte, error) {
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

// refreshAt is when three quarters of what is left of an answer's life are over,
// and half a day from now at the latest.
func refreshAt(now, until time.Time) time.Time {
	return now.Add(min(longest, until.Sub(now)*3/4))
}
