package lookup

// This file is the first source: the certificate store.

import (
	"context"
	"sync"
	"time"

	"sealgate/certstore"
	"sealgate/trust"
)

// CertificateStore is what the source needs of certstore.Store.
type CertificateStore interface {
	ByAddress(ctx context.Context, address string) ([]*certstore.Record, error)
}

// Store is the certificate store as a Source. It remembers since when it does not answer.
type Store struct {
	records CertificateStore
	now     func() time.Time

	mu    sync.Mutex
	since time.Time // zero: it answers; guarded by mu
}

// NewStore returns the source over a store.
func NewStore(records CertificateStore, now func() time.Time) *Store {
	return &Store{records: records, now: now}
}

// LookUp implements Source.
func (s *Store) LookUp(ctx context.Context, addresses []string) map[string]Answer {
	answers := make(map[string]Answer, len(addresses))
	for _, a := range addresses {
		records, err := s.records.ByAddress(ctx, a)
		answers[a] = Answer{records, s.answered(err)}
	}
	return answers
}

// answered takes in what a question to the store came to.
func (s *Store) answered(err error) trust.Answered {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.since = time.Time{}
		return trust.AllAnswered()
	}
	if s.since.IsZero() {
		s.since = s.now()
	}
	return trust.NotAnswered(trust.Silence{Source: "the certificate store", Since: s.since, Why: err.Error()})
}
