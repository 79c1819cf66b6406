// Package directory makes a source of certificates out of a place where others publish them:
// it asks for all recipients at once, never twice at the same time for the same address, and
// keeps the answers for a while.
package directory

// This file asks and keeps.

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/address"
	"sealgate/trust"
)

// maxQuestions bounds what is asked of one place at the same time for one mail.
const maxQuestions = 64

// Bounds of the answers kept of one place: those of a company's correspondents of a day. Senders
// of mail may choose addresses, and publish for them what they like: any answer may go.
const (
	maxKept       = 10_000
	maxKeptOctets = 32 << 20
)

// The defaults of Options.
const (
	DefaultTimeout  = 5 * time.Second // below limits.look_ups, so that the place's name is told
	DefaultKeep     = 24 * time.Hour
	DefaultKeepNone = time.Hour
)

// Directory is a place where certificates are published.
type Directory interface {
	// Name is the place as an admin knows it, for the log and for answers.
	Name() string
	// Source is how the store calls certificates that come from it.
	Source() certstore.Source
	// Search returns what is published for an address in normal form; an empty answer says
	// that there is nothing. An error says that the place has not answered.
	Search(ctx context.Context, address string) ([]Certificate, error)
	// Probe tells why no question can be answered well; nil when they can.
	Probe(ctx context.Context) error
}

// Observer hears what is asked of a place.
type Observer interface {
	// Asked is what a mail has waited for the place: how many certificates it knew, or that it did not answer.
	Asked(place string, found int, err error, took time.Duration)
	// Kept is a question to what was kept of earlier answers, and whether it was known.
	Kept(place string, known bool)
}

// nobody is an Observer.
type nobody struct{}

func (nobody) Asked(string, int, error, time.Duration) {}
func (nobody) Kept(string, bool)                       {}

// Options say how a place is asked.
type Options struct {
	Domains  []string      // it is asked for addresses of these only; none: of all
	Timeout  time.Duration // of one question
	Keep     time.Duration // how long certificates are kept
	KeepNone time.Duration // how long it is kept that there is none
	Now      func() time.Time
	Observer Observer // nil: nobody hears
}

// Source is a place as lookup.Source. It is safe for concurrent use.
type Source struct {
	place     Directory
	o         Options
	questions singleflight.Group
	silence   lookup.Silence

	mu   sync.Mutex
	kept map[string]answer // by address; guarded by mu
	size int               // octets of all in kept; guarded by mu
}

// answer is what a place has said of one address.
type answer struct {
	records []*certstore.Record
	until   time.Time
}

// New makes a source of a place.
func New(place Directory, o Options) *Source {
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	return &Source{place: place, o: o, kept: make(map[string]answer)}
}

// Name is the place as an admin knows it.
func (s *Source) Name() string { return s.place.Name() }

// Probe tells why no question to the place can be answered well; nil when they can.
func (s *Source) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	return s.place.Probe(ctx)
}

// LookUp implements lookup.Source.
func (s *Source) LookUp(ctx context.Context, addresses []string) map[string]lookup.Answer {
	answers := make(map[string]lookup.Answer, len(addresses))
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(maxQuestions)
	for _, addr := range addresses {
		group.Go(func() error {
			a := s.lookUp(ctx, addr)
			mu.Lock()
			defer mu.Unlock()
			answers[addr] = a
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	return answers
}

func (s *Source) lookUp(ctx context.Context, addr string) lookup.Answer {
	if !s.serves(address.Domain(addr)) {
		return lookup.Answer{Answered: trust.AllAnswered()}
	}
	records, ok := s.remembered(addr)
	s.o.Observer.Kept(s.place.Name(), ok)
	if ok {
		return lookup.Answer{Records: records, Answered: trust.AllAnswered()}
	}
	began := time.Now()
	records, err := s.ask(ctx, addr)
	s.o.Observer.Asked(s.place.Name(), len(records), err, time.Since(began))
	return lookup.Answer{Records: records, Answered: s.silence.Answered(s.place.Name(), err, s.o.Now())}
}

// ask asks for one address. The question belongs to all who wait for it: it goes on when one
// of them leaves.
func (s *Source) ask(ctx context.Context, addr string) ([]*certstore.Record, error) {
	question := s.questions.DoChan(addr, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Timeout)
		defer cancel()
		found, err := s.search(ctx, addr)
		if err != nil {
			return nil, err
		}
		list := records(addr, found, s.place.Source(), s.o.Now())
		s.remember(addr, list)
		return list, nil
	})
	late := time.NewTimer(s.o.Timeout)
	defer late.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, fmt.Errorf("no answer within %s", s.o.Timeout)
	case result := <-question:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.([]*certstore.Record), nil
	}
}

// search asks the place; what its library trips over is an answer that did not come.
func (s *Source) search(ctx context.Context, addr string) (found []Certificate, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("an answer that cannot be read: %v", r)
		}
	}()
	return s.place.Search(ctx, addr)
}

// serves reports whether the place is asked for a domain.
func (s *Source) serves(domain string) bool {
	return len(s.o.Domains) == 0 || slices.Contains(s.o.Domains, domain)
}

// remembered is what is still known of an address.
func (s *Source) remembered(addr string) (records []*certstore.Record, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.kept[addr]
	if !ok || !s.o.Now().Before(a.until) {
		return nil, false
	}
	return a.records, true
}

func (s *Source) remember(addr string, records []*certstore.Record) {
	keep := s.o.Keep
	if len(records) == 0 {
		keep = s.o.KeepNone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(addr)
	for old := range s.kept {
		if len(s.kept) < maxKept && s.size+octets(records) <= maxKeptOctets {
			break
		}
		s.forget(old)
	}
	s.size += octets(records)
	s.kept[addr] = answer{records, s.o.Now().Add(keep)}
}

func (s *Source) forget(addr string) {
	s.size -= octets(s.kept[addr].records)
	delete(s.kept, addr)
}

// octets is what records hold, about.
func octets(records []*certstore.Record) (n int) {
	for _, r := range records {
		n += len(r.DER)
		for _, above := range r.Intermediates {
			n += len(above)
		}
	}
	return n
}
