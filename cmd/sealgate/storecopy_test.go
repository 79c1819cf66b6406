package main

// This file copies a store into a database and back, and lets the gateway and check use it.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
	"sealgate/config"
	"sealgate/internal/postgrestest"
	"sealgate/journal"
)

// TestStoreCopy: a block made in the one store is a block in the other one, there and back.
func TestStoreCopy(t *testing.T) {
	t.Parallel()
	server := postgrestest.ForTest(t, "fsync=off")
	dir := t.TempDir()
	for name, data := range map[string][]byte{"key": make([]byte, storeKeySize), "word": []byte("word\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store := fmt.Sprintf("[store]\nurl = %q\npassword_file = \"word\"\nkey_file = \"key\"\n", server.URL())
	badger := parsed(t, dir, store)
	postgres := parsed(t, dir, store+"driver = \"postgres\"\n")
	back := parsed(t, dir, store+"dir = \"back\"\n")

	blocked := storetest.Record("blocked", "anna@kunde.example")
	keep := func(s keptStore) error {
		return errors.Join(s.Put(context.Background(), blocked),
			s.SetState(context.Background(), blocked.Identity, certstore.Blocked))
	}
	use(t, badger, keep)
	if err := copyStore(badger, config.Badger); err == nil || !strings.Contains(err.Error(), "where the copy goes") {
		t.Error("a copy into itself:", err)
	}
	if err := copyStore(postgres, config.Badger); err != nil {
		t.Fatal(err)
	}
	if err := copyStore(postgres, config.Badger); err == nil || !strings.Contains(err.Error(), "nothing is merged") {
		t.Error("a copy over a store:", err)
	}
	if err := copyStore(back, config.Postgres); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]*config.Config{"postgres": postgres, "back": back} {
		use(t, cfg, func(s keptStore) error {
			r, err := s.ByIdentity(context.Background(), blocked.Identity)
			if err == nil && r.State != certstore.Blocked {
				t.Errorf("%s: %s", name, r.State)
			}
			copies := map[string]int{"postgres": 1, "back": 2}[name] // the record of the first comes along
			if n := changesOf(t, s, "copy"); n != copies {
				t.Errorf("%s: %d records of copies, want %d", name, n, copies)
			}
			return err
		})
	}
}

// changesOf counts the records of one kind of change.
func changesOf(t *testing.T, s keptStore, what string) (count int) {
	t.Helper()
	j, err := journal.Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	list, err := j.Changes(context.Background(), journal.Question{Most: journal.MaxRecords})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.What == what {
			count++
		}
	}
	return count
}

func use(t *testing.T, cfg *config.Config, do func(keptStore) error) {
	t.Helper()
	if err := os.MkdirAll(cfg.Server.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(cfg, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := do(s); err != nil {
		t.Fatal(err)
	}
}

// TestDatabaseGateway: a gateway whose store is a database is ready while that answers, says why it is
// not while it does not, and is again without a restart.
func TestDatabaseGateway(t *testing.T) {
	t.Parallel()
	server := postgrestest.ForTest(t, "fsync=off")
	h := newHouse(t, t.TempDir(), fmt.Sprintf("[store]\ndriver = \"postgres\"\nurl = %q\n", server.URL()))
	ctx := context.Background()
	if faults := h.notReady(ctx); len(faults) > 0 {
		t.Fatal("not ready:", faults)
	}
	if err := h.backup(ctx, io.Discard); err != nil {
		t.Error(err)
	}
	var r checkReport
	r.checkDatabase(h.cfg)
	if text := fmt.Sprint(r); !strings.Contains(text, "synchronous_standby_names is empty") {
		t.Error(text)
	}
	server.Kill()
	if faults := h.notReady(ctx); len(faults) != 1 || faults[0].Of != "store" {
		t.Error("ready without its database:", faults)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); len(h.notReady(ctx)) > 0; {
		if time.Since(began) > 10*time.Second {
			t.Fatal("it does not heal:", h.notReady(ctx))
		}
	}
}
