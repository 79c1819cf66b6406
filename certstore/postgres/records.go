package postgres

// This file keeps certificates.

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// Put implements certstore.Store.
func (s *Store) Put(ctx context.Context, r *certstore.Record) error {
	if err := certstore.Validate(r); err != nil {
		return err
	}
	old, err := s.ByIdentity(ctx, r.Identity)
	if err == nil && certstore.Merge(old, r) == nil { // as it is for most mail
		return nil
	}
	if err != nil && !errors.Is(err, certstore.ErrNotFound) {
		return err
	}
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		old, err := s.lockedRecord(ctx, tx, r.Identity)
		if errors.Is(err, certstore.ErrNotFound) {
			return s.insert(ctx, tx, r)
		}
		if err != nil {
			return err
		}
		next := certstore.Merge(old, r)
		if next == nil {
			return nil
		}
		if err := certstore.Validate(next); err != nil { // joined addresses can be too many
			return err
		}
		return s.write(ctx, tx, updateRecord, next)
	})
}

// insert adds a record of an identity that was not known a moment ago.
func (s *Store) insert(ctx context.Context, tx pgx.Tx, r *certstore.Record) error {
	next := certstore.Merge(nil, r)
	if next.State == certstore.Pending {
		if err := s.mayWait(ctx, tx, next.Addresses); err != nil {
			return err
		}
	}
	return s.write(ctx, tx, insertRecord, next)
}

// mayWait refuses one more pending record for addresses that have many. What is written at the same
// moment is not counted: some more may wait, not many.
func (s *Store) mayWait(ctx context.Context, tx pgx.Tx, addresses []string) error {
	for _, a := range addresses {
		var n int
		if err := tx.QueryRow(ctx, countPending, s.sealer.hash(ofAddress, a)).Scan(&n); err != nil {
			return err
		}
		if n >= certstore.MaxPending {
			return fmt.Errorf("%w: %d certificates of %s wait already: sealgate cert show, then pin or block them",
				certstore.ErrRecord, n, a)
		}
	}
	return nil
}

// write stores a record and what leads to it.
func (s *Store) write(ctx context.Context, tx pgx.Tx, statement string, r *certstore.Record) error {
	row, err := s.row(r)
	if err != nil {
		return err
	}
	done, err := tx.Exec(ctx, statement, row...)
	if err != nil {
		return err
	}
	if done.RowsAffected() != 1 {
		return errAnew
	}
	_, err = tx.Exec(ctx, insertAddresses, s.addresses(r), r.Identity[:])
	return err
}

// row are the columns of a record.
func (s *Store) row(r *certstore.Record) ([]any, error) {
	value, err := certstore.EncodeRecord(r)
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	return []any{
		r.Identity[:], r.Fingerprint[:], string(r.State), r.ProofTime.UnixMicro(), r.NotBefore.UnixMicro(),
		s.sealer.seal(ofRecord, r.Identity[:], value),
	}, nil
}

// addresses are what a record is found by, in one order.
func (s *Store) addresses(r *certstore.Record) (list [][]byte) {
	for _, a := range r.Addresses {
		list = append(list, s.sealer.hash(ofAddress, a))
	}
	slices.SortFunc(list, bytes.Compare)
	return list
}

func (s *Store) openRecord(identity, sealed []byte) (*certstore.Record, error) {
	value, err := s.sealer.open(ofRecord, identity, sealed)
	if err != nil {
		return nil, err
	}
	r, err := certstore.DecodeRecord(value)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(r.Identity[:], identity) {
		return nil, errDamaged
	}
	return r, nil
}

func (s *Store) lockedRecord(ctx context.Context, tx pgx.Tx, identity [32]byte) (*certstore.Record, error) {
	return s.scanRecord(identity, tx.QueryRow(ctx, lockRecord, identity[:]))
}

func (s *Store) scanRecord(identity [32]byte, row pgx.Row) (*certstore.Record, error) {
	var sealed []byte
	err := row.Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, certstore.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return s.openRecord(identity[:], sealed)
}

// ByIdentity implements certstore.Store.
func (s *Store) ByIdentity(ctx context.Context, identity [32]byte) (r *certstore.Record, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		r, err = s.scanRecord(identity, s.pool.QueryRow(ctx, selectRecord, identity[:]))
		return err
	})
	return r, err
}

// ByFingerprint implements certstore.Store.
func (s *Store) ByFingerprint(ctx context.Context, fingerprint [32]byte) (*certstore.Record, error) {
	r, err := s.ByIdentity(ctx, fingerprint)
	if !errors.Is(err, certstore.ErrNotFound) {
		return r, err
	}
	list, err := s.records(ctx, selectByFinger, fingerprint[:])
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, certstore.ErrNotFound
	}
	return list[0], nil
}

// ByAddress implements certstore.Store.
func (s *Store) ByAddress(ctx context.Context, address string) ([]*certstore.Record, error) {
	if err := certstore.ValidateAddress(address); err != nil {
		return nil, err
	}
	list, err := s.records(ctx, selectByAddress, s.sealer.hash(ofAddress, address), certstore.MaxCandidates)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if !slices.Contains(r.Addresses, address) {
			return nil, errDamaged
		}
	}
	return list, nil
}

// records are those that a question finds.
func (s *Store) records(ctx context.Context, statement string, values ...any) (list []*certstore.Record, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		list = nil
		rows, err := s.pool.Query(ctx, statement, values...)
		if err != nil {
			return err
		}
		var identity, sealed []byte
		_, err = pgx.ForEachRow(rows, []any{&identity, &sealed}, func() error {
			r, err := s.openRecord(identity, sealed)
			list = append(list, r)
			return err
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// List implements certstore.Store; the cursor is the last identity in hex.
func (s *Store) List(ctx context.Context, cursor string, n int) (page []*certstore.Record, next string, err error) {
	after, err := hex.DecodeString(cursor)
	if err != nil || len(after) != 0 && len(after) != certstore.HashSize || n < 1 || n == math.MaxInt {
		return nil, "", fmt.Errorf("%w, or the page of %d has no room", certstore.ErrCursor, n)
	}
	page, err = s.records(ctx, selectPage, after, n+1)
	if err != nil || len(page) <= n {
		return page, "", err
	}
	return page[:n], hex.EncodeToString(page[n-1].Identity[:]), nil
}

// SetState implements certstore.Store.
func (s *Store) SetState(
	ctx context.Context, identity [32]byte, state certstore.State, from ...certstore.State,
) error {
	if err := certstore.ValidateState(state); err != nil {
		return err
	}
	return s.decide(ctx, func(ctx context.Context, tx pgx.Tx, mayBeDone bool) error {
		r, err := s.lockedRecord(ctx, tx, identity)
		if err != nil {
			return err
		}
		if mayBeDone && r.State == state {
			return nil
		}
		if err := certstore.CheckState(r.State, from); err != nil {
			return err
		}
		r.State = state
		return s.write(ctx, tx, updateRecord, r)
	})
}

// Delete implements certstore.Store.
func (s *Store) Delete(ctx context.Context, identity [32]byte, from ...certstore.State) error {
	return s.decide(ctx, func(ctx context.Context, tx pgx.Tx, mayBeDone bool) error {
		r, err := s.lockedRecord(ctx, tx, identity)
		if mayBeDone && errors.Is(err, certstore.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := certstore.CheckState(r.State, from); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, deleteAddresses, s.addresses(r), identity[:]); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, deleteRecord, identity[:])
		return err
	})
}
