package lookup

// This file remembers since when a source does not answer.

import (
	"sync"
	"time"

	"sealgate/trust"
)

// Silence is what a source has left open; the zero value is nothing. It is safe for concurrent
// use.
type Silence struct {
	mu    sync.Mutex
	since time.Time // zero: it answers; guarded by mu
}

// Answered takes in what a question to a source, as an admin knows it, came to at a time; an
// error is that it was left open.
func (s *Silence) Answered(source string, err error, at time.Time) trust.Answered {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.since = time.Time{}
		return trust.AllAnswered()
	}
	if s.since.IsZero() {
		s.since = at
	}
	return trust.NotAnswered(trust.Silence{Source: source, Since: s.since, Why: err.Error()})
}
