package postgres

// This file keeps the one content that each content-encryption key was first seen with, for all
// gateways together: of two that ask at the same time one is the first.

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// metaSecret is the name of the secret.
const metaSecret = "secret"

// Secret implements certstore.Store. It asks each time: who wants to know whether the store answers
// asks for the secret.
func (s *Store) Secret(ctx context.Context) (secret [32]byte, err error) {
	sealed, known, err := s.meta(ctx, metaSecret)
	if err != nil {
		return secret, err
	}
	value, err := s.sealer.open(ofMeta, []byte(metaSecret), sealed)
	if err != nil || !known || len(value) != certstore.HashSize {
		return secret, fmt.Errorf("certstore: the store in the database was %w: give the store.key_file that it was "+
			"made with", certstore.ErrKey)
	}
	return [32]byte(value), nil
}

// makeSecret makes the secret of a new store, and tries the key of an old one.
func (s *Store) makeSecret(ctx context.Context) error {
	fresh := make([]byte, certstore.HashSize)
	rand.Read(fresh)
	if err := s.do(ctx, insertMeta, metaSecret, s.sealer.seal(ofMeta, []byte(metaSecret), fresh)); err != nil {
		return err
	}
	_, err := s.Secret(ctx)
	return err
}

// BindContent implements certstore.Store.
func (s *Store) BindContent(ctx context.Context, keys [][32]byte, c certstore.Content) (
	first []certstore.Content, err error,
) {
	if len(c.Senders) > certstore.MaxSenders {
		return nil, fmt.Errorf("%w: %d senders of a content, at most %d",
			certstore.ErrRecord, len(c.Senders), certstore.MaxSenders)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	list := sorted(keys)
	known, err := s.knownContents(ctx, list)
	if err != nil {
		return nil, err
	}
	if len(known) < len(list) {
		known, err = s.keepContent(ctx, list, known, c)
		if err != nil {
			return nil, err
		}
	}
	for _, key := range keys {
		first = append(first, *known[key])
	}
	return first, nil
}

// keepContent keeps c for each key without a content, all or none, and returns what all have then.
func (s *Store) keepContent(ctx context.Context, list [][]byte, known map[[32]byte]*certstore.Content,
	c certstore.Content,
) (map[[32]byte]*certstore.Content, error) {
	var fresh, values [][]byte
	for _, id := range list {
		if known[[32]byte(id)] == nil {
			fresh = append(fresh, id)
			values = append(values, s.sealer.seal(ofContent, id, certstore.EncodeContent(c)))
		}
	}
	more := int64(len(fresh))
	if n := s.contents.Add(more); n > s.maxContents {
		s.contents.Add(-more)
		return nil, fmt.Errorf("%w: there are %d", certstore.ErrFull, n-more)
	}
	var kept int64
	err := s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done, err := tx.Exec(ctx, insertContents, fresh, values)
		if err != nil {
			return err
		}
		kept = done.RowsAffected()
		rows, err := tx.Query(ctx, selectContents, list) // sees what another one was faster with
		if err != nil {
			return err
		}
		known, err = s.readContents(rows)
		if err == nil && len(known) < len(list) {
			return errAnew
		}
		return err
	})
	if err != nil {
		kept = 0
	}
	s.contents.Add(kept - more)
	return known, err
}

// Contents implements certstore.Store.
func (s *Store) Contents(ctx context.Context, keys [][32]byte) (list []*certstore.Content, err error) {
	known, err := s.knownContents(ctx, sorted(keys))
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		list = append(list, known[key])
	}
	return list, nil
}

func (s *Store) knownContents(ctx context.Context, list [][]byte) (known map[[32]byte]*certstore.Content, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, selectContents, list)
		if err != nil {
			return err
		}
		known, err = s.readContents(rows)
		return err
	})
	return known, err
}

func (s *Store) readContents(rows pgx.Rows) (map[[32]byte]*certstore.Content, error) {
	known := map[[32]byte]*certstore.Content{}
	err := s.eachRow(rows, ofContent, func(id, value []byte) error {
		c, err := certstore.DecodeContent(value)
		if err != nil || len(id) != certstore.HashSize {
			return errDamaged
		}
		known[[32]byte(id)] = c
		return nil
	})
	return known, err
}

// eachRow reads rows of an identifier and what is sealed for it.
func (s *Store) eachRow(rows pgx.Rows, kind string, do func(id, value []byte) error) error {
	var id, sealed []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &sealed}, func() error {
		value, err := s.sealer.open(kind, id, sealed)
		if err != nil {
			return err
		}
		return do(id, value)
	})
	return err
}

// countContents counts what is kept. It is counted anew now and then: other gateways add to it.
func (s *Store) countContents(ctx context.Context) error {
	var n int64
	err := s.ask(ctx, func(ctx context.Context) error { return s.pool.QueryRow(ctx, countContents).Scan(&n) })
	if err == nil {
		s.contents.Store(n)
	}
	return err
}

// sorted are the keys in one order, each once: who locks in one order waits in no circle.
func sorted(keys [][32]byte) [][]byte {
	list := make([][]byte, len(keys))
	for i := range keys {
		list[i] = keys[i][:]
	}
	slices.SortFunc(list, bytes.Compare)
	return slices.CompactFunc(list, bytes.Equal)
}
