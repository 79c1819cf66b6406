package trust

// This file makes one request at a time for a key and remembers which of them failed:
// for a while, so that they are not made again, and until one succeeds, so that it can
// be said since when a source is silent.

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"
	"unicode"
)

type failure struct {
	why   string
	since time.Time // of the first failure after the last answer
	until time.Time // nobody is asked before
}

// try makes one request, unless that of the same key failed just now.
func (s *Sources) try(key string, limit time.Duration, do func(context.Context) ([]byte, error)) ([]byte, error) {
	if s.o.Fetch == nil {
		return nil, errors.New("no look-ups are made here")
	}
	if err := s.failed(key); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	data, err := do(ctx)
	if err != nil {
		s.fail(key, err)
		return nil, err
	}
	s.succeed(key)
	return data, nil
}

// failed is why a URL or a certificate is not asked for at the moment.
func (s *Sources) failed(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.failures[sha256.Sum256([]byte(key))]; ok && s.o.Now().Before(f.until) {
		return errors.New(f.why)
	}
	return nil
}

// fail remembers a failure in few octets: a URL may have any length.
func (s *Sources) fail(key string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failedUntil(key, brief(err), s.o.Now().Add(pause))
}

// failedUntil needs mu.
func (s *Sources) failedUntil(key, why string, until time.Time) failure {
	k := sha256.Sum256([]byte(key))
	f, known := s.failures[k]
	if !known && len(s.failures) >= maxFailures {
		clear(s.failures)
	}
	if !known {
		f.since = s.o.Now()
	}
	f.why = why
	f.until = until
	s.failures[k] = f
	return f
}

// succeed ends the silence of a source.
func (s *Sources) succeed(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failures, sha256.Sum256([]byte(key)))
}

// maxSource bounds what is said of a source: certificates name URLs of any length.
const maxSource = 200

// silence is what is known of a source that did not answer. One that is still being
// asked is silent from now on, and may be asked again.
func (s *Sources) silence(key, source, remedy string) Silence {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, known := s.failures[sha256.Sum256([]byte(key))]
	if !known {
		f = s.failedUntil(key, "no answer in time", s.o.Now())
	}
	return Silence{Source: oneLine(source, maxSource), Since: f.since, Why: f.why, Remedy: remedy}
}

// brief is one line of an error, bounded and printable: it holds hostile text.
func brief(err error) string { return oneLine(err.Error(), 300) }

// oneLine is hostile text, printable and of so many characters at most.
func oneLine(whole string, most int) string {
	text := []rune(whole[:min(len(whole), 2000)])
	for i, r := range text {
		if !unicode.IsPrint(r) {
			text[i] = ' '
		}
	}
	return string(text[:min(len(text), most)])
}
