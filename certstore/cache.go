package certstore

// This file is the embedded store's memory of what has a time to live, and keeps each
// cache of answers within its bounds.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Remember implements Store.
func (s *Badger) Remember(_ context.Context, key [32]byte, m Memory, ttl time.Duration) error {
	for {
		err := s.update(func(tx *badger.Txn) error {
			before, known, err := memoryOf(tx, key)
			if err != nil {
				return err
			}
			now := m
			if known {
				now = m.After(before)
			}
			v, err := json.Marshal(now)
			if err != nil {
				return err
			}
			return tx.SetEntry(badger.NewEntry(memoryKey(key), v).WithTTL(ttl))
		})
		if errors.Is(err, badger.ErrConflict) {
			continue // another one was first, and is before us now
		}
		if err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
		return nil
	}
}

// After is what is remembered when m comes after what was known before.
func (m Memory) After(before Memory) Memory {
	m.HiddenSubject = m.HiddenSubject || before.HiddenSubject
	m.Own = m.Own && before.Own
	if len(before.Writers) > 0 {
		m.Writers = before.Writers
	}
	return m
}

// Recall implements Store.
func (s *Badger) Recall(_ context.Context, key [32]byte) (m Memory, known bool, err error) {
	err = s.view(func(tx *badger.Txn) error {
		m, known, err = memoryOf(tx, key)
		return err
	})
	if err != nil {
		return Memory{}, false, fmt.Errorf("certstore: %w", err)
	}
	return m, known, nil
}

// memoryOf reads what is remembered under a key.
func memoryOf(tx *badger.Txn, key [32]byte) (m Memory, known bool, err error) {
	v, known, err := valueAt(tx, memoryKey(key))
	if err != nil || !known {
		return m, false, err
	}
	if err := json.Unmarshal(v, &m); err != nil {
		return Memory{}, false, fmt.Errorf("memory damaged: %w", err)
	}
	return m, true, nil
}

// CachePut implements Store.
func (s *Badger) CachePut(_ context.Context, key string, value []byte, ttl time.Duration) error {
	octets := int64(len(key) + len(value))
	if octets > s.bounds.Octets {
		return fmt.Errorf("%w: an answer of %d octets, at most %d", ErrRecord, octets, s.bounds.Octets)
	}
	s.caching.Lock()
	defer s.caching.Unlock()
	if err := s.makeRoom(CacheName(key), octets); err != nil {
		return err
	}
	return s.keep(cacheKey(key), value, ttl)
}

// CacheGet implements Store.
func (s *Badger) CacheGet(_ context.Context, key string) ([]byte, bool, error) {
	return valueBy(s.look, cacheKey(key)) // that there is none costs a question more
}

func (s *Badger) keep(key, value []byte, ttl time.Duration) error {
	err := s.transact(func(tx *badger.Txn) error { return tx.SetEntry(badger.NewEntry(key, value).WithTTL(ttl)) })
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}

func (s *Badger) fetch(key []byte) (value []byte, known bool, err error) { return valueBy(s.view, key) }

// valueBy is what a key has, by a view of the store.
func valueBy(view func(func(*badger.Txn) error) error, key []byte) (value []byte, known bool, err error) {
	err = view(func(tx *badger.Txn) error {
		value, known, err = valueAt(tx, key)
		if err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
		return nil
	})
	return value, known, err
}

// valueAt is what a key has.
func valueAt(tx *badger.Txn, key []byte) (value []byte, known bool, err error) {
	item, err := tx.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	value, err = item.ValueCopy(nil)
	return value, err == nil, err
}

// cacheUse is what one cache holds, at most: an answer that was renewed or has run out
// counts until the next time that everything is counted.
type cacheUse struct {
	answers int
	octets  int64
}

// fits reports whether one more answer of so many octets has room.
func (u cacheUse) fits(octets int64, in CacheBounds) bool {
	return u.answers < in.Answers && u.octets+octets <= in.Octets
}

// makeRoom counts an answer that will be put into a cache. The caller holds s.caching.
func (s *Badger) makeRoom(cache string, octets int64) error {
	use, counted := s.caches[cache]
	if !counted || !use.fits(octets, s.bounds) {
		var err error
		use, err = s.evict(cache, octets)
		if err != nil {
			return err
		}
	}
	s.caches[cache] = cacheUse{use.answers + 1, use.octets + octets}
	return nil
}

// cached is one answer in a cache.
type cached struct {
	key     []byte
	octets  int64
	expires uint64
}

// evict counts what a cache holds. When there is no room for so much more, the answers
// that would run out first go, until an eighth of the bounds is free: to count costs as
// much as the cache is large.
func (s *Badger) evict(cache string, octets int64) (use cacheUse, err error) {
	list, err := s.cachedIn(cache)
	if err != nil {
		return use, err
	}
	for _, c := range list {
		use.answers++
		use.octets += c.octets
	}
	if use.fits(octets, s.bounds) {
		return use, nil
	}
	slices.SortFunc(list, func(a, b cached) int { return cmp.Compare(a.expires, b.expires) })
	room := CacheBounds{s.bounds.Answers - s.bounds.Answers/8, s.bounds.Octets - s.bounds.Octets/8}
	n := 0
	for n < len(list) && !use.fits(octets, room) {
		use.answers--
		use.octets -= list[n].octets
		n++
	}
	for batch := range slices.Chunk(list[:n], maxDeletes) {
		if err := s.remove(batch); err != nil {
			return use, err
		}
	}
	return use, nil
}

// maxDeletes bounds one transaction, which badger holds in memory.
const maxDeletes = 1000

func (s *Badger) remove(list []cached) error {
	err := s.transact(func(tx *badger.Txn) error {
		for _, c := range list {
			if err := tx.Delete(c.key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}

// cachedIn are the answers of a cache that have not run out.
func (s *Badger) cachedIn(cache string) (list []cached, err error) {
	prefix := cacheKey(cache)
	err = s.look(func(tx *badger.Txn) error {
		it := tx.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			item := it.Item()
			key := item.KeyCopy(nil)
			if CacheName(string(key[1:])) == cache {
				list = append(list, cached{key, int64(len(key)-1) + item.ValueSize(), item.ExpiresAt()})
			}
		}
		return nil
	})
	return list, err
}

// CacheName is the part of a key that names its cache.
func CacheName(key string) string {
	name, _, _ := strings.Cut(key, "/")
	return name
}
