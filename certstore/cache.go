package certstore

// This file is the embedded store's memory of what has a time to live.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Remember implements Store.
func (s *Badger) Remember(_ context.Context, key [32]byte, m Memory, ttl time.Duration) error {
	v, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return s.keep(memoryKey(key), v, ttl)
}

// Recall implements Store.
func (s *Badger) Recall(_ context.Context, key [32]byte) (m Memory, known bool, err error) {
	v, known, err := s.fetch(memoryKey(key))
	if err != nil || !known {
		return m, false, err
	}
	if err := json.Unmarshal(v, &m); err != nil {
		return m, false, fmt.Errorf("certstore: memory damaged: %w", err)
	}
	return m, true, nil
}

// CachePut implements Store.
func (s *Badger) CachePut(_ context.Context, key string, value []byte, ttl time.Duration) error {
	return s.keep(cacheKey(key), value, ttl)
}

// CacheGet implements Store.
func (s *Badger) CacheGet(_ context.Context, key string) ([]byte, bool, error) {
	return s.fetch(cacheKey(key))
}

func (s *Badger) keep(key, value []byte, ttl time.Duration) error {
	err := s.update(func(tx *badger.Txn) error { return tx.SetEntry(badger.NewEntry(key, value).WithTTL(ttl)) })
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}

func (s *Badger) fetch(key []byte) (value []byte, known bool, err error) {
	err = s.view(func(tx *badger.Txn) error {
		item, err := tx.Get(key)
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
		known = true
		value, err = item.ValueCopy(nil)
		return err
	})
	return value, known, err
}
