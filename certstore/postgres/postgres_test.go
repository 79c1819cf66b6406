package postgres

// This file runs what every store must do against a PostgreSQL of its own, and holds every statement
// that is sent against the subset that all three databases take.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
	"sealgate/internal/postgrestest"
)

// server is the one of these tests, nil where none is installed.
var server *postgrestest.Server

// child is set for a process that a test starts of this binary: it needs no server of its own.
const child = "SEALGATE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		os.Exit(m.Run())
	}
	var err error
	server, err = postgrestest.New("fsync=off", "max_connections=300")
	if err != nil && !errors.Is(err, postgrestest.ErrNotInstalled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if server != nil {
		server.Remove()
	}
	os.Exit(code)
}

var schemas atomic.Int64

// newURL leads to an empty schema.
func newURL(t *testing.T) string {
	t.Helper()
	if server == nil {
		t.Skip(postgrestest.ErrNotInstalled)
	}
	name := fmt.Sprint("s", schemas.Add(1))
	if err := server.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	return server.URL() + "&search_path=" + name
}

// open opens a store that is closed with the test.
func open(t *testing.T, o Options) *Store {
	t.Helper()
	o.tracer = lint{t}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestPostgresIsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) certstore.Store {
		return open(t, Options{URL: newURL(t), Key: make([]byte, 32), Cache: storetest.CacheBounds})
	})
}

// TestSerialisationFailuresForced: where every transaction must be as if it were alone, as CockroachDB
// has it, and many write at once, all is as it was. Nothing is encrypted here.
func TestSerialisationFailuresForced(t *testing.T) {
	storetest.Run(t, func(t *testing.T) certstore.Store {
		url := newURL(t) + "&default_transaction_isolation=serializable"
		return open(t, Options{URL: url, Cache: storetest.CacheBounds})
	})
}

func TestPostgresIsAJournal(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": make([]byte, 32)} {
		t.Run(name, func(t *testing.T) {
			storetest.RunJournal(t, func(t *testing.T) certstore.Journal { return open(t, Options{URL: newURL(t), Key: key}) })
		})
	}
}
