package certstore

// This file is the embedded store's memory of content-encryption keys: the one content
// that each was first seen with.

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// HashSize is the octets of a key, of a digest, of a sender's hash and of the secret.
const HashSize = 32

// Secret implements Store.
func (s *Badger) Secret(context.Context) ([HashSize]byte, error) {
	if err := s.fault(); err != nil {
		return [HashSize]byte{}, err
	}
	return s.secret, nil
}

// readSecret reads the secret, and makes it when the store is opened for the first time.
func (s *Badger) readSecret() error {
	value, known, err := s.fetch(secretKey)
	if err != nil {
		return err
	}
	if !known {
		value = make([]byte, HashSize)
		rand.Read(value)
		if err := s.update(func(tx *badger.Txn) error { return tx.Set(secretKey, value) }); err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
	}
	if len(value) != HashSize {
		return fmt.Errorf("certstore: the secret has %d octets, not %d", len(value), HashSize)
	}
	s.secret = [HashSize]byte(value)
	return nil
}

// BindContent implements Store. Writers do not wait for each other: badger syncs what
// comes at the same time at once, and tells who read what another one was writing.
func (s *Badger) BindContent(_ context.Context, keys [][32]byte, c Content) (first []Content, err error) {
	if len(c.Senders) > MaxSenders {
		return nil, fmt.Errorf("%w: %d senders of a content, at most %d", ErrRecord, len(c.Senders), MaxSenders)
	}
	for {
		known, err := s.knownContents(keys)
		if err != nil {
			return nil, err
		}
		err = s.keepContent(c, known)
		if errors.Is(err, badger.ErrConflict) {
			continue // another one was first with one of the keys, which is known now
		}
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			first = append(first, *cmp.Or(known[key], &c))
		}
		return first, nil
	}
}

// Contents implements Store.
func (s *Badger) Contents(_ context.Context, keys [][32]byte) (list []*Content, err error) {
	known, err := s.knownContents(keys)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		list = append(list, known[key])
	}
	return list, nil
}

// knownContents are the contents of the keys; nil for a key without one.
func (s *Badger) knownContents(keys [][32]byte) (map[[32]byte]*Content, error) {
	known := map[[32]byte]*Content{}
	for _, key := range keys {
		value, has, err := s.fetch(contentKey(key))
		if err != nil {
			return nil, err
		}
		known[key] = nil
		if !has {
			continue
		}
		known[key], err = DecodeContent(value)
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// keepContent writes c for each key without a content, all or none. It is
// badger.ErrConflict if one of them has got one since.
func (s *Badger) keepContent(c Content, known map[[32]byte]*Content) error {
	var fresh [][32]byte
	for key, content := range known {
		if content == nil {
			fresh = append(fresh, key)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	more := int64(len(fresh))
	if n := s.contents.Add(more); n > s.maxContents {
		s.contents.Add(-more)
		return fmt.Errorf("%w: there are %d", ErrFull, n-more)
	}
	err := s.update(func(tx *badger.Txn) error {
		for _, key := range fresh {
			_, err := tx.Get(contentKey(key))
			if err == nil {
				return badger.ErrConflict
			}
			if !errors.Is(err, badger.ErrKeyNotFound) {
				return err
			}
			if err := tx.Set(contentKey(key), EncodeContent(c)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.contents.Add(-more)
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}

// countContents counts what is kept, when the store is opened.
func (s *Badger) countContents() error {
	return s.view(func(tx *badger.Txn) error {
		it := tx.NewIterator(badger.IteratorOptions{Prefix: contentPrefix})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			s.contents.Add(1)
		}
		return nil
	})
}

// EncodeContent is digest and senders, one after the other: there are many of them, and
// JSON would make each three times as long.
func EncodeContent(c Content) []byte {
	value := slices.Clone(c.Digest[:])
	for _, s := range c.Senders {
		value = append(value, s[:]...)
	}
	return value
}

// DecodeContent reads what EncodeContent wrote.
func DecodeContent(value []byte) (*Content, error) {
	if len(value) == 0 || len(value)%HashSize != 0 {
		return nil, errors.New("certstore: a content is damaged")
	}
	c := &Content{Digest: [32]byte(value)}
	for rest := value[HashSize:]; len(rest) > 0; rest = rest[HashSize:] {
		c.Senders = append(c.Senders, [32]byte(rest))
	}
	return c, nil
}
