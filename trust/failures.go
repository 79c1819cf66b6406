package trust

// This file makes one request at a time for a key and remembers for a while which
// of them failed.

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"
	"unicode"
)

type failure struct {
	why   string
	until time.Time
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
	}
	return data, err
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
	if len(s.failures) >= maxFailures {
		clear(s.failures)
	}
	s.failures[sha256.Sum256([]byte(key))] = failure{brief(err), s.o.Now().Add(pause)}
}

// brief is one line of an error, bounded and printable: it holds hostile text.
func brief(err error) string {
	whole := err.Error()
	text := []rune(whole[:min(len(whole), 2000)])
	for i, r := range text {
		if !unicode.IsPrint(r) {
			text[i] = ' '
		}
	}
	return string(text[:min(len(text), 300)])
}
