package certstore

// This file knows the versions of the embedded store's layout, and brings an older one
// up to date.

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// The layouts of keys and records; any other is refused. Up to 1 a record lay under
// "c" and its fingerprint, by which its addresses led to it, too.
const (
	fingerprintSchema = 1
	schemaVersion     = 2
)

var (
	versionKey = []byte("v")
	oldPrefix  = []byte("c")
)

// migrateBatch is how many keys are held at once.
const migrateBatch = 1000

// checkSchema writes the version into a new store, compares it in an old one, and
// brings that up to date. The version comes first: the older program must not open a
// store in which it does not find each block.
func (s *Badger) checkSchema() error {
	version, err := s.schema()
	if err != nil {
		return err
	}
	if version == 0 || version == fingerprintSchema {
		err = s.db.Update(func(tx *badger.Txn) error {
			return tx.Set(versionKey, binary.BigEndian.AppendUint32(nil, schemaVersion))
		})
		if err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
	}
	return s.migrate()
}

// schema is the version of the store, 0 of a new one.
func (s *Badger) schema() (uint32, error) {
	v, known, err := s.fetch(versionKey)
	if err != nil || !known {
		return 0, err
	}
	if len(v) == 4 {
		version := binary.BigEndian.Uint32(v)
		if version == fingerprintSchema || version == schemaVersion {
			return version, nil
		}
	}
	return 0, fmt.Errorf(
		"certstore: schema version %x, this program knows up to %d: use the program that made it and export",
		v,
		schemaVersion,
	)
}

// migrate moves every record from its fingerprint to its identity, each in a
// transaction of its own: a start that was cut off goes on with the rest.
func (s *Badger) migrate() error {
	for {
		keys, err := s.oldKeys()
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, key := range keys {
			if err := s.update(func(tx *badger.Txn) error { return moveRecord(tx, key) }); err != nil {
				return fmt.Errorf("certstore: the record %x cannot be brought up to date: %w", key[1:], err)
			}
		}
	}
}

func (s *Badger) oldKeys() (keys [][]byte, err error) {
	err = s.view(func(tx *badger.Txn) error {
		it := tx.NewIterator(badger.IteratorOptions{Prefix: oldPrefix})
		defer it.Close()
		for it.Rewind(); it.Valid() && len(keys) < migrateBatch; it.Next() {
			keys = append(keys, it.Item().KeyCopy(nil))
		}
		return nil
	})
	return keys, err
}

// moveRecord moves one record. If another form of its certificate is there already,
// the two become one, with the stricter of the two states.
func moveRecord(tx *badger.Txn, oldKey []byte) error {
	r, err := recordAt(tx, oldKey)
	if err != nil {
		return err
	}
	r.Identity, err = identityOf(r.DER)
	if err != nil {
		return err
	}
	if err := deleteAddresses(tx, r.Addresses, r.Fingerprint); err != nil {
		return err
	}
	if err := tx.Delete(oldKey); err != nil {
		return err
	}
	if err := tx.Set(fingerprintKey(r.Fingerprint), r.Identity[:]); err != nil {
		return err
	}
	known, err := getRecord(tx, r.Identity)
	if errors.Is(err, ErrNotFound) {
		return setRecord(tx, r)
	}
	if err != nil {
		return err
	}
	known.State = Stricter(known.State, r.State)
	if joined := Merge(known, r); joined != nil {
		known = joined
	}
	return setRecord(tx, known)
}

// Stricter is what holds for one certificate of two states: an admin's decision before
// what mail has brought, a block before all.
func Stricter(a, b State) State {
	for _, s := range []State{Blocked, Pinned, Pending} {
		if a == s || b == s {
			return s
		}
	}
	return Active
}
