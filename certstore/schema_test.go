package certstore

// This file tests that a store of an older layout is brought up to date.

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// writeAsVersion1 stores records as version 1 did: under their fingerprints, and with
// an identity in none.
func writeAsVersion1(t *testing.T, s *Badger, records ...*Record) {
	t.Helper()
	err := s.db.Update(func(tx *badger.Txn) error {
		for _, r := range records {
			old := *r
			old.Identity = [32]byte{}
			v, err := EncodeRecord(&old)
			if err != nil {
				return err
			}
			for _, a := range r.Addresses {
				k, err := addressKey(a, r.Fingerprint)
				if err != nil {
					return err
				}
				if err := tx.Set(k, nil); err != nil {
					return err
				}
			}
			if err := tx.Set(append([]byte("c"), r.Fingerprint[:]...), v); err != nil {
				return err
			}
		}
		return tx.Set([]byte("v"), binary.BigEndian.AppendUint32(nil, 1))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// twin is the certificate of r with another signature around it.
func twin(t *testing.T, r *Record, state State) *Record {
	t.Helper()
	other := *r
	other.DER = append([]byte{}, r.DER...)
	other.DER[len(other.DER)-1] ^= 1
	other.Fingerprint = sha256.Sum256(other.DER)
	other.State = state
	identity, err := identityOf(other.DER)
	if err != nil || identity != r.Identity {
		t.Fatalf("another identity, or none: %v", err)
	}
	return &other
}

// TestBlockFromBeforeIdentities: what an admin had blocked stays so, and what had come
// in with another signature beside it is blocked with it, whichever is found first.
func TestBlockFromBeforeIdentities(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir)
	blocked := record("blocked", "anna@kunde.example")
	blocked.State = Blocked
	pinned := record("pinned", "bernd@kunde.example")
	pinned.State = Pinned
	var all []*Record
	for i := range 2 * migrateBatch / 100 {
		all = append(all, record(fmt.Sprint("c", i), "many@kunde.example"))
	}
	for _, r := range []*Record{blocked, pinned} {
		all = append(all, r, twin(t, r, Active))
	}
	writeAsVersion1(t, s, all...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // brought up to date, and opened as such
		s = open(t, dir)
		for _, r := range []*Record{blocked, pinned} {
			for name, hash := range map[string][32]byte{"fingerprint": r.Fingerprint, "that of its twin": twin(t, r, Active).Fingerprint, "identity": r.Identity} {
				if got, err := s.ByFingerprint(ctx, hash); err != nil || got.State != r.State || got.Identity != r.Identity {
					t.Errorf("%s by its %s: %+v, %v", r.State, name, got, err)
				}
			}
			if list, err := s.ByAddress(ctx, r.Addresses[0]); err != nil || len(list) != 1 || list[0].State != r.State {
				t.Errorf("%s: %d records of its address, %v", r.State, len(list), err)
			}
		}
		if list, err := s.ByAddress(ctx, "many@kunde.example"); err != nil || len(list) != len(all)-4 {
			t.Errorf("%d of the others, %v", len(list), err)
		}
		if keys, err := s.oldKeys(); err != nil || len(keys) != 0 {
			t.Errorf("%d records of the old layout are left, %v", len(keys), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMigrationThatWasCutOff: a start that ended in the middle is gone on with.
func TestMigrationThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	first := record("first", "a@b.example")
	rest := record("rest", "a@b.example")
	writeAsVersion1(t, s, first, rest)
	err := s.db.Update(func(tx *badger.Txn) error {
		if err := tx.Set(versionKey, binary.BigEndian.AppendUint32(nil, schemaVersion)); err != nil {
			return err
		}
		return moveRecord(tx, append([]byte("c"), first.Fingerprint[:]...))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	defer s.Close()
	if list, err := s.ByAddress(context.Background(), "a@b.example"); err != nil || len(list) != 2 {
		t.Errorf("%d records, %v", len(list), err)
	}
}

// TestUnknownSchema: a store of a later program is left alone.
func TestUnknownSchema(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	err := s.db.Update(func(tx *badger.Txn) error {
		return tx.Set(versionKey, binary.BigEndian.AppendUint32(nil, schemaVersion+1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := OpenBadger(BadgerOptions{Dir: dir}); err == nil {
		s.Close()
		t.Error("it was opened")
	}
}
