package certstore

// This file is the embedded store's handling of certificates.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// lastSeenGrain is how often an unchanged certificate costs a write.
const lastSeenGrain = 24 * time.Hour

// Put implements Store.
func (s *Badger) Put(_ context.Context, r *Record) error {
	if err := Validate(r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.get(r.Identity)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	next := Merge(old, r)
	if next == nil {
		return nil
	}
	if err := Validate(next); err != nil { // joined addresses can be too many
		return err
	}
	if old == nil && next.State == Pending {
		if err := s.mayWait(next.Addresses); err != nil {
			return err
		}
	}
	return s.write(next)
}

// mayWait refuses one more pending record for addresses that have many.
func (s *Badger) mayWait(addresses []string) error {
	for _, a := range addresses {
		n := 0
		err := s.each(a, func(r *Record) {
			if r.State == Pending {
				n++
			}
		})
		if err != nil {
			return err
		}
		if n >= MaxPending {
			return fmt.Errorf(
				"%w: %d certificates of %s wait already: sealgate cert show, then pin or block them",
				ErrRecord,
				n,
				a,
			)
		}
	}
	return nil
}

// Merge is the record to be written, nil when nothing is worth a write.
func Merge(old, r *Record) *Record {
	next := *r
	next.Addresses = slices.Sorted(slices.Values(r.Addresses)) // the caller's stay as they are
	next.Addresses = slices.Compact(next.Addresses)
	if old == nil {
		return &next
	}
	all := slices.Concat(old.Addresses, next.Addresses)
	slices.Sort(all)
	next.Addresses = slices.Compact(all)
	next.FirstSeen = old.FirstSeen
	next.State = old.State
	next.Source = old.Source
	next.DER = old.DER // an admin has seen this fingerprint; another signature around it is no news
	next.Fingerprint = old.Fingerprint
	older := next.ProofTime.Before(old.ProofTime)
	if older {
		next.Proof = old.Proof
		next.ProofTime = old.ProofTime
	}
	if next.Capabilities == nil || older && old.Capabilities != nil {
		next.Capabilities = old.Capabilities
	}
	if len(next.Intermediates) == 0 || older && len(old.Intermediates) > 0 {
		next.Intermediates = old.Intermediates
	}
	if next.LastSeen.Before(old.LastSeen) {
		next.LastSeen = old.LastSeen
	}
	same := slices.Equal(next.Addresses, old.Addresses) && bytes.Equal(next.Capabilities, old.Capabilities) &&
		slices.EqualFunc(next.Intermediates, old.Intermediates, bytes.Equal)
	if same && next.LastSeen.Sub(old.LastSeen) < lastSeenGrain {
		return nil
	}
	return &next
}

// write stores a record and its index entries in one transaction.
func (s *Badger) write(r *Record) error {
	return s.update(func(tx *badger.Txn) error { return setRecord(tx, r) })
}

func setRecord(tx *badger.Txn, r *Record) error {
	v, err := EncodeRecord(r)
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	if err := setIndexes(tx, r); err != nil {
		return err
	}
	return tx.Set(recordKey(r.Identity), v)
}

// setter is a transaction, or a batch.
type setter interface{ Set(key, value []byte) error }

// setIndexes writes what leads to a record.
func setIndexes(tx setter, r *Record) error {
	for _, a := range r.Addresses {
		k, err := addressKey(a, r.Identity)
		if err != nil {
			return err
		}
		if err := tx.Set(k, nil); err != nil {
			return err
		}
	}
	return tx.Set(fingerprintKey(r.Fingerprint), r.Identity[:])
}

// ByIdentity implements Store.
func (s *Badger) ByIdentity(_ context.Context, identity [32]byte) (*Record, error) {
	return s.get(identity)
}

// ByFingerprint implements Store.
func (s *Badger) ByFingerprint(_ context.Context, fp [32]byte) (*Record, error) {
	r, err := s.get(fp)
	if !errors.Is(err, ErrNotFound) {
		return r, err
	}
	identity, known, err := s.fetch(fingerprintKey(fp))
	if err != nil {
		return nil, err
	}
	if !known || len(identity) != sha256.Size {
		return nil, ErrNotFound
	}
	return s.get([32]byte(identity))
}

func (s *Badger) get(identity [32]byte) (r *Record, err error) {
	err = s.view(func(tx *badger.Txn) error {
		r, err = getRecord(tx, identity)
		return err
	})
	return r, err
}

func getRecord(tx *badger.Txn, identity [32]byte) (*Record, error) {
	return recordAt(tx, recordKey(identity))
}

func recordAt(tx *badger.Txn, key []byte) (r *Record, err error) {
	item, err := tx.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	err = item.Value(func(v []byte) error {
		r, err = DecodeRecord(v)
		return err
	})
	return r, err
}

// ByAddress implements Store.
func (s *Badger) ByAddress(_ context.Context, address string) (list []*Record, err error) {
	err = s.each(address, func(r *Record) {
		list = append(list, r)
		if len(list) == 2*MaxCandidates {
			list = Best(list)
		}
	})
	return Best(list), err
}

// each reads the records of an address.
func (s *Badger) each(address string, do func(*Record)) error {
	prefix, err := addressPrefix(address)
	if err != nil {
		return err
	}
	return s.view(func(tx *badger.Txn) error {
		it := tx.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			var identity [32]byte
			if k := it.Item().Key(); len(k) != len(prefix)+len(identity) || copy(identity[:], k[len(prefix):]) != len(identity) {
				continue // another local part that begins like this one
			}
			r, err := getRecord(tx, identity)
			if errors.Is(err, ErrNotFound) {
				return fmt.Errorf("certstore: the record %x of %s is lost", identity[:8], address)
			}
			if err != nil {
				return err
			}
			do(r)
		}
		return nil
	})
}

// List implements Store; the cursor is the last identity in hex.
func (s *Badger) List(_ context.Context, cursor string, n int) (page []*Record, next string, err error) {
	after, err := hex.DecodeString(cursor)
	if err != nil || len(after) != 0 && len(after) != sha256.Size || n < 1 {
		return nil, "", fmt.Errorf("%w, or the page of %d has no room", ErrCursor, n)
	}
	err = s.view(func(tx *badger.Txn) error {
		it := tx.NewIterator(badger.IteratorOptions{Prefix: recordPrefix, PrefetchValues: true, PrefetchSize: min(n, 100)})
		defer it.Close()
		start := append(slices.Clone(recordPrefix), after...)
		for it.Seek(start); it.Valid(); it.Next() {
			if len(after) > 0 && bytes.Equal(it.Item().Key(), start) {
				continue
			}
			if len(page) == n {
				next = hex.EncodeToString(page[n-1].Identity[:])
				return nil
			}
			err := it.Item().Value(func(v []byte) error {
				r, err := DecodeRecord(v)
				page = append(page, r)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return page, next, err
}

// SetState implements Store.
func (s *Badger) SetState(_ context.Context, identity [32]byte, state State, from ...State) error {
	if err := ValidateState(state); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(identity)
	if err != nil {
		return err
	}
	if err := CheckState(r.State, from); err != nil {
		return err
	}
	r.State = state
	return s.write(r)
}

// Delete implements Store.
func (s *Badger) Delete(_ context.Context, identity [32]byte, from ...State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.update(func(tx *badger.Txn) error {
		r, err := getRecord(tx, identity)
		if err != nil {
			return err
		}
		if err := CheckState(r.State, from); err != nil {
			return err
		}
		if err := deleteAddresses(tx, r.Addresses, identity); err != nil {
			return err
		}
		if err := tx.Delete(fingerprintKey(r.Fingerprint)); err != nil {
			return err
		}
		return tx.Delete(recordKey(identity))
	})
}

// deleteAddresses deletes the index entries of addresses that end with hash.
func deleteAddresses(tx *badger.Txn, addresses []string, hash [32]byte) error {
	for _, a := range addresses {
		k, err := addressKey(a, hash)
		if err != nil {
			return err
		}
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
