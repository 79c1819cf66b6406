package postgres

// This file keeps answers of look-ups for a time, each cache within its bounds.

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// countAfter is how long a count of a cache holds: other gateways add to it.
const countAfter = time.Minute

// cacheUse is what one cache holds, as far as this gateway knows.
type cacheUse struct {
	counted time.Time
	answers int
	octets  int64
}

// fits reports whether one more answer of so many octets has room.
func (u cacheUse) fits(octets int64, in certstore.CacheBounds) bool {
	return u.answers < in.Answers && u.octets+octets <= in.Octets
}

// CachePut implements certstore.Store.
func (s *Store) CachePut(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	octets := int64(len(key) + len(value))
	if octets > s.bounds.Octets {
		return fmt.Errorf("%w: an answer of %d octets, at most %d", certstore.ErrRecord, octets, s.bounds.Octets)
	}
	return s.inTurn(ctx, s.caching, func(ctx context.Context) error {
		if err := s.makeRoom(ctx, certstore.CacheName(key), octets); err != nil {
			return err
		}
		return s.keepAnswer(ctx, key, value, time.Now().Add(ttl).UnixMilli())
	})
}

// makeRoom counts an answer in before it is kept, in its turn.
func (s *Store) makeRoom(ctx context.Context, cache string, octets int64) (err error) {
	use := s.caches[cache]
	if !use.fits(octets, s.bounds) || time.Since(use.counted) > countAfter {
		use, err = s.evict(ctx, cache, octets)
		if err != nil {
			return err
		}
	}
	use.answers++
	use.octets += octets
	s.caches[cache] = use
	return nil
}

// keepAnswer stores an answer together with its key, which only a hash of it leads to.
func (s *Store) keepAnswer(ctx context.Context, key string, value []byte, expires int64) error {
	return s.do(ctx, setAnswer, s.answerRow(key, value, expires)...)
}

// answerRow are the columns of an answer.
func (s *Store) answerRow(key string, value []byte, expires int64) []any {
	id := s.sealer.hash(ofAnswer, key)
	whole := binary.AppendUvarint(nil, uint64(len(key)))
	whole = append(whole, key...)
	whole = append(whole, value...)
	return []any{id, certstore.CacheName(key), len(key) + len(value), s.sealer.seal(ofAnswer, id, whole), expires}
}

// CacheGet implements certstore.Store.
func (s *Store) CacheGet(ctx context.Context, key string) (value []byte, known bool, err error) {
	id := s.sealer.hash(ofAnswer, key)
	err = s.ask(ctx, func(ctx context.Context) error {
		var sealed []byte
		err := s.pool.QueryRow(ctx, selectAnswer, id, time.Now().UnixMilli()).Scan(&sealed)
		known = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		_, value, err = s.openAnswer(id, sealed)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return value, known, nil
}

// openAnswer is an answer with its key.
func (s *Store) openAnswer(id, sealed []byte) (key string, value []byte, err error) {
	whole, err := s.sealer.open(ofAnswer, id, sealed)
	if err != nil {
		return "", nil, err
	}
	n, size := binary.Uvarint(whole)
	if size <= 0 || n > uint64(len(whole)-size) {
		return "", nil, errDamaged
	}
	rest := whole[size:]
	return string(rest[:n]), rest[n:], nil
}

// evict counts what a cache holds. When there is no room for so much more, the answers that would run
// out first go, until an eighth of the bounds is free.
func (s *Store) evict(ctx context.Context, cache string, octets int64) (use cacheUse, err error) {
	var ids [][]byte
	var sizes []int64
	err = s.ask(ctx, func(ctx context.Context) error {
		use = cacheUse{counted: time.Now()}
		ids = nil
		sizes = nil
		rows, err := s.pool.Query(ctx, selectUse, cache, use.counted.UnixMilli())
		if err != nil {
			return err
		}
		var id []byte
		var size int64
		_, err = pgx.ForEachRow(rows, []any{&id, &size}, func() error {
			ids = append(ids, append([]byte(nil), id...))
			sizes = append(sizes, size)
			use.answers++
			use.octets += size
			return nil
		})
		return err
	})
	if err != nil || use.fits(octets, s.bounds) {
		return use, err
	}
	room := certstore.CacheBounds{
		Answers: s.bounds.Answers - s.bounds.Answers/8,
		Octets:  s.bounds.Octets - s.bounds.Octets/8,
	}
	n := 0
	for n < len(ids) && !use.fits(octets, room) {
		use.answers--
		use.octets -= sizes[n]
		n++
	}
	return use, s.do(ctx, deleteAnswers, ids[:n])
}
