package postgres

// This file keeps what is remembered of mail.

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// Remember implements certstore.Store.
func (s *Store) Remember(ctx context.Context, key [32]byte, m certstore.Memory, ttl time.Duration) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := time.Now()
		expires := now.Add(ttl).UnixMilli()
		sealed, err := s.sealMemory(key, m)
		if err != nil {
			return err
		}
		done, err := tx.Exec(ctx, insertMemory, key[:], sealed, expires)
		if err != nil || done.RowsAffected() == 1 {
			return err
		}
		var old []byte
		var ends int64
		err = tx.QueryRow(ctx, lockMemory, key[:]).Scan(&old, &ends)
		if errors.Is(err, pgx.ErrNoRows) { // it ran out just now
			return errAnew
		}
		if err != nil {
			return err
		}
		if ends > now.UnixMilli() {
			before, err := s.openMemory(key, old)
			if err != nil {
				return err
			}
			sealed, err = s.sealMemory(key, m.After(before))
			if err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, updateMemory, key[:], sealed, expires)
		return err
	})
}

// Recall implements certstore.Store.
func (s *Store) Recall(ctx context.Context, key [32]byte) (m certstore.Memory, known bool, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		var sealed []byte
		err := s.pool.QueryRow(ctx, selectMemory, key[:], time.Now().UnixMilli()).Scan(&sealed)
		known = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		m, err = s.openMemory(key, sealed)
		return err
	})
	if err != nil {
		return certstore.Memory{}, false, err
	}
	return m, known, nil
}

func (s *Store) sealMemory(key [32]byte, m certstore.Memory) ([]byte, error) {
	value, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return s.sealer.seal(ofMemory, key[:], value), nil
}

func (s *Store) openMemory(key [32]byte, sealed []byte) (m certstore.Memory, err error) {
	value, err := s.sealer.open(ofMemory, key[:], sealed)
	if err != nil {
		return m, err
	}
	if json.Unmarshal(value, &m) != nil {
		return certstore.Memory{}, errDamaged
	}
	return m, nil
}
