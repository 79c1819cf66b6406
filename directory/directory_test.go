package directory_test

// This file asks a place that counts its questions.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/directory"
	"sealgate/internal/testpki"
)

// place answers slowly, and counts.
type place struct {
	found map[string][]directory.Certificate
	slow  time.Duration
	asked atomic.Int32
	mute  atomic.Bool
}

func (*place) Name() string                { return "the place" }
func (*place) Probe(context.Context) error { return nil }
func (*place) Source() certstore.Source    { return certstore.LDAP }

func (p *place) Search(ctx context.Context, address string) ([]directory.Certificate, error) {
	p.asked.Add(1)
	if p.mute.Load() {
		return nil, errors.New("no route to it")
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(p.slow):
	}
	return p.found[address], nil
}

// clock is a time that a test sets.
type clock struct{ atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	c.set(time.Now())
	return c
}

func (c *clock) set(t time.Time) { c.Store(&t) }
func (c *clock) now() time.Time  { return *c.Load() }

func source(p *place, c *clock, domains ...string) *directory.Source {
	return directory.New(p, directory.Options{
		Domains: domains, Timeout: time.Second, Keep: 24 * time.Hour, KeepNone: time.Hour, Now: c.now,
	})
}

const anna = "anna@bank.example"

// TestRecipientsAreAskedForAtOnce: 50 recipients at 50 ms each take about one question's time.
func TestRecipientsAreAskedForAtOnce(t *testing.T) {
	p := &place{slow: 50 * time.Millisecond}
	var to []string
	for i := range 50 {
		to = append(to, fmt.Sprintf("p%d@bank.example", i))
	}
	began := time.Now()
	answers := source(p, newClock()).LookUp(t.Context(), to)
	took := time.Since(began)
	t.Logf("50 recipients in %s", took)
	if took > 500*time.Millisecond {
		t.Errorf("%s: one after the other it were 2.5 s", took)
	}
	for _, a := range to {
		if !answers[a].Answered.All() {
			t.Errorf("%s has no answer", a)
		}
	}
}

// TestOneQuestionForAll: who asks while a question is under way waits for its answer.
func TestOneQuestionForAll(t *testing.T) {
	p := &place{slow: 100 * time.Millisecond}
	s := source(p, newClock())
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { s.LookUp(t.Context(), []string{anna}) })
	}
	group.Wait()
	if n := p.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestWhoLeavesTakesNobodyAlong: a mail whose time is over leaves a question that others
// wait for.
func TestWhoLeavesTakesNobodyAlong(t *testing.T) {
	p := &place{slow: 200 * time.Millisecond}
	s := source(p, newClock())
	hurried, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() {
		if s.LookUp(hurried, []string{anna})[anna].Answered.All() {
			t.Error("an answer that had not come yet")
		}
	})
	time.Sleep(10 * time.Millisecond)
	if !s.LookUp(t.Context(), []string{anna})[anna].Answered.All() {
		t.Error("the question ended with the first who asked it")
	}
	group.Wait()
}

// TestAnswersAreKept: certificates for a day, "none" for an hour, silence never.
func TestAnswersAreKept(t *testing.T) {
	pki := testpki.New(t)
	c := directory.Certificate{Certificate: pki.Issue(testpki.Options{Addresses: []string{anna}}).Certificate}
	p := &place{found: map[string][]directory.Certificate{anna: {c}}}
	now := newClock()
	began := now.now()
	s := source(p, now)
	const ben = "ben@bank.example"
	ask := func(addr string, at time.Duration, questions int32, records int) {
		t.Helper()
		now.set(began.Add(at))
		before := p.asked.Load()
		a := s.LookUp(t.Context(), []string{addr})[addr]
		if !a.Answered.All() || len(a.Records) != records {
			t.Errorf("%s after %s: %d records, answered %v", addr, at, len(a.Records), a.Answered)
		}
		if n := p.asked.Load() - before; n != questions {
			t.Errorf("%s after %s: asked %d times, want %d", addr, at, n, questions)
		}
	}
	ask(anna, 0, 1, 1)
	ask(anna, 24*time.Hour-1, 0, 1)
	ask(anna, 24*time.Hour, 1, 1)
	ask(ben, 24*time.Hour, 1, 0)
	ask(ben, 25*time.Hour-1, 0, 0)
	ask(ben, 25*time.Hour, 1, 0)
}

// TestSilenceIsNotNone: a place that fails has not said "none", says since when, and is asked
// again each time.
func TestSilenceIsNotNone(t *testing.T) {
	p := &place{}
	p.mute.Store(true)
	now := newClock()
	began := now.now()
	s := source(p, now)
	for range 2 {
		a := s.LookUp(t.Context(), []string{anna})[anna].Answered
		if a.All() || len(a.Silent()) != 1 || a.Silent()[0].Source != "the place" || !a.Silent()[0].Since.Equal(began) {
			t.Fatalf("%+v", a)
		}
		now.set(began.Add(time.Hour))
	}
	p.mute.Store(false)
	if !s.LookUp(t.Context(), []string{anna})[anna].Answered.All() {
		t.Error("it answers again, and nobody hears it")
	}
}

// TestOtherDomainsAreNotAskedFor: nobody learns whom one writes to in other domains.
func TestOtherDomainsAreNotAskedFor(t *testing.T) {
	p := &place{}
	s := source(p, newClock(), "bank.example")
	for _, other := range []string{"x@other.example", "x@sub.bank.example", "x@notbank.example"} {
		if a := s.LookUp(t.Context(), []string{other})[other]; !a.Answered.All() || len(a.Records) != 0 {
			t.Errorf("%s: %+v", other, a)
		}
	}
	if n := p.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
	s.LookUp(t.Context(), []string{anna})
	if n := p.asked.Load(); n != 1 {
		t.Errorf("its own domain: asked %d times", n)
	}
}

// TestPanicIsNoAnswer: what a library trips over ends one question, and not the gateway.
func TestPanicIsNoAnswer(t *testing.T) {
	s := directory.New(tripping{&place{}}, directory.Options{Timeout: time.Second, Now: time.Now})
	if s.LookUp(t.Context(), []string{anna})[anna].Answered.All() {
		t.Error("it is an answer")
	}
}

type tripping struct{ *place }

func (tripping) Search(context.Context, string) ([]directory.Certificate, error) { panic("tripped") }

// deaf heeds no end of time.
type deaf struct{ *place }

func (deaf) Search(context.Context, string) ([]directory.Certificate, error) {
	time.Sleep(3 * time.Second)
	return nil, nil
}

// TestDeafPlaceIsNotWaitedFor: the time of a question ends it, whatever the place does.
func TestDeafPlaceIsNotWaitedFor(t *testing.T) {
	s := directory.New(deaf{&place{}}, directory.Options{Timeout: 50 * time.Millisecond, Now: time.Now})
	began := time.Now()
	if s.LookUp(t.Context(), []string{anna})[anna].Answered.All() || time.Since(began) > 2*time.Second {
		t.Errorf("answered after %s", time.Since(began))
	}
}

// TestAuthoritiesOfOneName: after a renewal there are two, and either may be the right one.
func TestAuthoritiesOfOneName(t *testing.T) {
	pki := testpki.New(t)
	first := pki.Issue(testpki.Options{Name: "Between", CA: true})
	second := pki.Issue(testpki.Options{Name: "Between", CA: true})
	c := pki.Under(second, testpki.Options{Addresses: []string{anna}})
	p := &place{found: map[string][]directory.Certificate{anna: {
		{Certificate: first.Certificate}, {Certificate: c.Certificate}, {Certificate: second.Certificate},
	}}}
	if got := source(p, newClock()).LookUp(t.Context(), []string{anna})[anna].Records; len(got) != 1 || len(got[0].Intermediates) != 2 {
		t.Errorf("%+v", got)
	}
}

// TestOfOthersAndOfAuthorities: what names somebody else is left out, even vouched for; the
// authorities beside it become the chain of those that they have issued, and of no other.
func TestOfOthersAndOfAuthorities(t *testing.T) {
	pki := testpki.New(t)
	between := pki.Issue(testpki.Options{Name: "Between", CA: true})
	stranger := pki.Issue(testpki.Options{Name: "Another", CA: true})
	older := pki.Under(between, testpki.Options{Addresses: []string{anna}, NotBefore: time.Now().Add(-48 * time.Hour)})
	newer := pki.Under(between, testpki.Options{Addresses: []string{anna}, NotBefore: time.Now().Add(-24 * time.Hour)})
	other := pki.Issue(testpki.Options{Addresses: []string{"mallory@bank.example"}})
	p := &place{found: map[string][]directory.Certificate{anna: {
		{Certificate: older.Certificate},
		{Certificate: stranger.Certificate},
		{Certificate: other.Certificate, Vouched: true},
		{Certificate: between.Certificate},
		{Certificate: newer.Certificate, Vouched: true},
	}}}
	got := source(p, newClock()).LookUp(t.Context(), []string{anna})[anna].Records
	if len(got) != 2 || !slices.Equal(got[0].DER, newer.Certificate.Raw) || !slices.Equal(got[1].DER, older.Certificate.Raw) {
		t.Fatalf("%d records", len(got))
	}
	if got[0].State != certstore.Pinned || got[1].State != certstore.Active {
		t.Errorf("states %s, %s", got[0].State, got[1].State)
	}
	for _, r := range got {
		if len(r.Intermediates) != 1 || !slices.Equal(r.Intermediates[0], between.Certificate.Raw) {
			t.Errorf("%d authorities above it", len(r.Intermediates))
		}
	}
}

// heard is an Observer.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) Asked(place string, found int, err error, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, fmt.Sprintf("asked %s: %d %v %v", place, found, err, took >= 50*time.Millisecond))
}

func (h *heard) Kept(place string, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, fmt.Sprintf("kept %s: %v", place, known))
}

// TestObserver hears of each question, also of one that the place never answers.
func TestObserver(t *testing.T) {
	t.Parallel()
	h := &heard{}
	ask := func(place directory.Directory) {
		s := directory.New(place, directory.Options{
			Timeout: 50 * time.Millisecond, Keep: time.Hour, KeepNone: time.Hour, Now: time.Now, Observer: h,
		})
		for range 2 {
			s.LookUp(t.Context(), []string{"anna@kunde.example"})
		}
	}
	ask(&place{})
	ask(deaf{&place{}})
	want := []string{
		"kept the place: false", "asked the place: 0 <nil> false", "kept the place: true",
		"kept the place: false", "asked the place: 0 no answer within 50ms true",
		"kept the place: false", "asked the place: 0 no answer within 50ms true",
	}
	if !slices.Equal(h.lines, want) {
		t.Errorf("%q", h.lines)
	}
}
