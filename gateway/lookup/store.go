package lookup

// This file is the first source: the certificate store.

import (
	"context"
	"time"

	"sealgate/certstore"
)

// CertificateStore is what the source needs of certstore.Store.
type CertificateStore interface {
	ByAddress(ctx context.Context, address string) ([]*certstore.Record, error)
}

// Store is the certificate store as a Source. It remembers since when it does not answer.
type Store struct {
	records CertificateStore
	now     func() time.Time
	silence Silence
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
		answers[a] = Answer{Records: records, Answered: s.silence.Answered("the certificate store", err, s.now())}
	}
	return answers
}
