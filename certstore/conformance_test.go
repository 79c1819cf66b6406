package certstore_test

// This file runs what every Store must do against Badger, plain and encrypted.

import (
	"testing"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
)

func TestBadgerIsAStore(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": make([]byte, 32)} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) certstore.Store {
				s, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: t.TempDir(), Key: key, Cache: storetest.CacheBounds})
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
}

func TestBadgerIsAJournal(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": make([]byte, 32)} {
		t.Run(name, func(t *testing.T) {
			storetest.RunJournal(t, func(t *testing.T) certstore.Journal {
				s, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: t.TempDir(), Key: key})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s
			})
		})
	}
}
