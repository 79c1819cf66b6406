// Package revocation asks the services of authorities whether certificates were revoked
// and where missing authorities are, each once for all who want to know, and remembers
// what they said.
package revocation

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"sealgate/trust"
)

// Bounds of what is kept.
const (
	shortest    = time.Minute
	farthest    = 370 * 24 * time.Hour // for which an answer is kept; CRLs of roots hold a year
	keepRevoked = 90 * 24 * time.Hour  // revoked remains revoked, whatever the next answer lacks
)

// Options are the settings of Sources.
type Options struct {
	Fetch Fetcher
	Cache Cache
	// Parse reads the certificates of a file (DER, PEM, certs-only).
	Parse func([]byte) ([]*x509.Certificate, error)
	Log   *slog.Logger
	Now   func() time.Time // nil: time.Now
}

// Sources are the revocation services and repositories of all authorities, with
// what is known of them. They outlive a trust.Checker.
type Sources struct {
	*client
	cache   Cache
	lists   *distribution
	issuers *issuers
	cancel  context.CancelFunc
}

// New returns Sources; Close ends what they do in the background.
func New(o Options) *Sources {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &client{
		fetch: o.Fetch, log: o.Log, now: o.Now, ctx: ctx,
		failures: &failures{now: o.Now, all: map[[32]byte]failure{}},
		refresh:  make(chan struct{}, maxRefreshes),
	}
	return &Sources{
		client:  c,
		cache:   o.Cache,
		lists:   &distribution{client: c, reading: make(chan struct{}, maxReading)},
		issuers: newIssuers(c, o.Cache, o.Parse),
		cancel:  cancel,
	}
}

// Close ends requests under way.
func (s *Sources) Close() { s.cancel() }

// Complete returns authorities that may be missing between the certificate of r and a
// root: those that earlier mail has proved, and those that certificates point to.
func (s *Sources) Complete(
	ctx context.Context,
	r trust.Request,
	bag []*x509.Certificate,
) ([]*x509.Certificate, trust.Answered) {
	return s.issuers.complete(ctx, r, bag)
}

// Learn keeps the authorities of a path that leads to a root.
func (s *Sources) Learn(ctx context.Context, path []*x509.Certificate, at time.Time) {
	s.issuers.learn(ctx, path, at)
}

// Ask gives what is known of cert, asking if need be. It waits no longer than ctx.
func (s *Sources) Ask(
	ctx context.Context,
	cert, issuer *x509.Certificate,
	at time.Time,
) (trust.Answer, trust.Answered) {
	a := s.ask(ctx, cert, issuer, at)
	answered := trust.AllAnswered()
	if a.State == trust.RevocationUnknown {
		answered = trust.NotAnswered(s.silentService(cert, issuer))
	}
	return trust.Answer{State: a.State, Since: a.Since, Cause: a.Cause, Detail: a.Detail}, answered
}

// silentService is what did not say whether cert was revoked.
func (s *Sources) silentService(cert, issuer *x509.Certificate) trust.Silence {
	urls := slices.Concat(cert.OCSPServer, cert.CRLDistributionPoints)
	names := strings.Join(urls[:min(len(urls), maxOCSPURLs)], " ")
	return s.failures.silence(answerKey(cert, issuer), names, pinRemedy)
}

func (s *Sources) ask(ctx context.Context, cert, issuer *x509.Certificate, at time.Time) answer {
	key := answerKey(cert, issuer)
	if a, ok := s.known(ctx, key, at); ok {
		if s.now().After(a.Refresh) && s.failures.failed(key) == nil {
			s.prefetch(key, s.question(key, cert, issuer, at))
		}
		return a
	}
	if err := s.failures.failed(key); err != nil {
		return unknown(err.Error())
	}
	return s.wait(ctx, key, s.question(key, cert, issuer, at))
}

// question is the look-up of one certificate, for the group. It looks again at what
// is known: the one before may have ended since.
func (s *Sources) question(key string, cert, issuer *x509.Certificate, at time.Time) func() (any, error) {
	return func() (any, error) {
		before, ok := s.known(s.ctx, key, at)
		if ok && s.now().Before(before.Refresh) {
			return before, nil
		}
		if err := s.failures.failed(key); err != nil {
			return unknown(err.Error()), nil
		}
		a := s.safely(cert, issuer, at)
		if ok && before.State == trust.RevocationRevoked && a.State == trust.RevocationGood && !a.Made.After(before.Made) {
			return before, nil // an old answer, which somebody on the way has kept
		}
		if until := at.Add(keepRevoked); a.isForGood() && a.Until.Before(until) {
			a.Until = until // for good (RFC 5280 §5.3.1), and asked for anew all the same
		}
		switch a.State {
		case trust.RevocationGood, trust.RevocationRevoked:
			s.failures.succeed(key)
			s.keep(key, a)
		case trust.RevocationUnknown:
			s.failures.fail(key, errors.New(a.Detail))
		}
		return a, nil
	}
}

// safely is look, and outlives a fault of ours: in a goroutine of its own a panic
// would end the whole gateway.
func (s *Sources) safely(cert, issuer *x509.Certificate, at time.Time) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic while revocation was asked for", "panic", fmt.Sprint(p))
			a = unknown("the revocation service's answer cannot be read")
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
		return unknown("the revocation service did not answer in time")
	}
}

// known reads the cache. One that cannot be read is none: the source is asked.
func (s *Sources) known(ctx context.Context, key string, at time.Time) (a answer, ok bool) {
	if s.cache == nil {
		return a, false
	}
	data, ok, err := s.cache.CacheGet(ctx, key)
	if err != nil || !ok || json.Unmarshal(data, &a) != nil {
		return a, false
	}
	return a, !a.Until.Before(at)
}

func (s *Sources) keep(key string, a answer) {
	if s.cache == nil {
		return
	}
	data, err := json.Marshal(a)
	if err == nil {
		err = s.cache.CachePut(s.ctx, key, data, min(farthest, max(shortest, a.Until.Sub(s.now()))))
	}
	if err != nil {
		s.log.Warn("an answer on revocation was not kept", "error", err)
	}
}

// look asks OCSP first, then the CRLs; the first that says good or revoked decides.
func (s *Sources) look(cert, issuer *x509.Certificate, at time.Time) answer {
	var errs []error
	for _, u := range cert.OCSPServer[:min(len(cert.OCSPServer), maxOCSPURLs)] {
		a, err := s.askResponder(u, cert, issuer, at)
		if err == nil {
			return a
		}
		errs = append(errs, err)
	}
	for _, p := range points(cert) {
		a, err := s.lists.ask(p, cert, issuer, at)
		if err == nil {
			return a
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return answer{State: trust.RevocationNotChecked, Detail: "the certificate names no revocation service"}
	}
	err := errors.Join(errs...)
	s.log.Warn("revocation is unknown", "serial", cert.SerialNumber.Text(16), "error", err)
	return unknown("the revocation service did not say: " + brief(err))
}
