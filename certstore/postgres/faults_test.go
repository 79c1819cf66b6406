package postgres

// This file takes the database away, lets it hang, and reads and alters what lies in it.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
	"sealgate/internal/postgrestest"
)

// questions are one of each kind.
var questions = map[string]func(context.Context, *Store) error{
	"ByAddress": func(ctx context.Context, s *Store) error {
		_, err := s.ByAddress(ctx, "anna@kunde.example")
		return err
	},
	"Recall": func(ctx context.Context, s *Store) error {
		_, _, err := s.Recall(ctx, [32]byte{1})
		return err
	},
	"Contents": func(ctx context.Context, s *Store) error {
		_, err := s.Contents(ctx, [][32]byte{{1}})
		return err
	},
	"Secret": func(ctx context.Context, s *Store) error {
		_, err := s.Secret(ctx)
		return err
	},
	"ByIdentity": func(ctx context.Context, s *Store) error {
		_, err := s.ByIdentity(ctx, storetest.Record("c").Identity)
		return err
	},
	"Put": func(ctx context.Context, s *Store) error {
		return s.Put(ctx, storetest.Record("c", "anna@kunde.example"))
	},
	"Remember": func(ctx context.Context, s *Store) error {
		return s.Remember(ctx, [32]byte{1}, certstore.Memory{}, time.Hour)
	},
	"BindContent": func(ctx context.Context, s *Store) error {
		_, err := s.BindContent(ctx, [][32]byte{{2}}, certstore.Content{})
		return err
	},
	"CachePut": func(ctx context.Context, s *Store) error {
		return s.CachePut(ctx, "ldap/anna@kunde.example", []byte("answer"), time.Hour)
	},
	"AppendJournal": func(ctx context.Context, s *Store) error {
		return s.AppendJournal(ctx, []certstore.JournalLine{storetest.Line(1, "text", "a")})
	},
}

// TestDatabaseGone: while it is down, or hangs, every question has an error in time that is no "none",
// and when it is back all have their answer without anybody's help.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	own := postgrestest.ForTest(t, "fsync=off")
	const timeout = time.Second
	s := open(t, Options{URL: own.URL(), Timeout: timeout})
	if err := s.Put(context.Background(), storetest.Record("c", "anna@kunde.example")); err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]struct {
		begin func()
		end   func() error
	}{
		"killed":  {own.Kill, own.Start},
		"stopped": {own.Stop, own.Start},
		"hangs": {
			func() { own.Signal(syscall.SIGSTOP) },
			func() error { own.Signal(syscall.SIGCONT); return nil },
		},
	} {
		fault.begin()
		for what, ask := range questions {
			unanswered(t, name+": "+what, timeout, func() error { return ask(context.Background(), s) })
		}
		if err := fault.end(); err != nil {
			t.Fatal(err)
		}
		healed(t, s, name)
	}
}

// unanswered asks from eight sides at once: nobody waits longer because others wait.
func unanswered(t *testing.T, name string, timeout time.Duration, ask func() error) {
	t.Helper()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			began := time.Now()
			err := ask()
			if err == nil || errors.Is(err, certstore.ErrNotFound) || errors.Is(err, certstore.ErrRecord) {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(began); took > 2*timeout {
				t.Errorf("%s took %v", name, took)
			}
		})
	}
	all.Wait()
}

// healed waits until a question has its answer; from then on all have.
func healed(t *testing.T, s *Store, name string) {
	t.Helper()
	began := time.Now()
	for {
		list, err := s.ByAddress(context.Background(), "anna@kunde.example")
		if err == nil && len(list) == 1 {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%s: it does not heal: %v, %v", name, list, err)
		}
	}
	for what, ask := range questions {
		if err := ask(context.Background(), s); err != nil {
			t.Errorf("%s: after it: %s: %v", name, what, err)
		}
	}
}

// TestNothingInClear: with a key neither an address nor a certificate, a text or the secret lies in the
// database, and neither another key nor none opens it.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := newURL(t)
	key := bytes.Repeat([]byte{7}, 32)
	s := open(t, Options{URL: url, Key: key})
	err := errors.Join(s.Put(ctx, storetest.Record("certificate", "anna@kunde.example")),
		s.Remember(ctx, [32]byte{1}, certstore.Memory{HiddenSubject: true}, time.Hour),
		s.CachePut(ctx, "ldap/anna@kunde.example", []byte("answer"), time.Hour),
		s.AppendJournal(ctx, []certstore.JournalLine{storetest.Line(1, "text", "a")}))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := s.Secret(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	for _, table := range []string{"meta", "certificate", "address", "content", "memory", "answer", "journal", "term"} {
		rows, err := s.pool.Query(ctx, "SELECT * FROM sealgate_"+table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			for _, value := range rows.RawValues() {
				dump.Write(value)
			}
		}
		rows.Close()
	}
	for _, open := range []string{"kunde", "certificate", "HiddenSubject", "answer", "text", string(secret[:])} {
		if strings.Contains(dump.String(), open) {
			t.Errorf("%q lies in clear", open)
		}
	}
	for name, other := range map[string][]byte{"another": make([]byte, 32), "none": nil} {
		if _, err := Open(ctx, Options{URL: url, Key: other}); !errors.Is(err, certstore.ErrKey) {
			t.Errorf("%s key: %v", name, err)
		}
	}
}

// TestRowInAnothersPlace: whoever writes to the database, without the key, can neither unblock a
// certificate by another's row, nor give an address another's certificate, nor put a row in clear.
func TestRowInAnothersPlace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, Options{URL: newURL(t), Key: make([]byte, 32)})
	good := storetest.Record("good", "anna@kunde.example")
	evil := storetest.Record("evil", "eve@evil.example")
	if err := errors.Join(s.Put(ctx, good), s.Put(ctx, evil)); err != nil {
		t.Fatal(err)
	}
	alter := func(statement string, values ...any) {
		t.Helper()
		if _, err := s.pool.Exec(ctx, statement, values...); err != nil {
			t.Fatal(err)
		}
	}
	alter("UPDATE sealgate_address SET identity = $1 WHERE identity = $2", evil.Identity[:], good.Identity[:])
	if list, err := s.ByAddress(ctx, "anna@kunde.example"); err == nil {
		t.Errorf("another's certificate: %v", list)
	}
	alter("UPDATE sealgate_certificate SET record = $1 WHERE identity = $2", []byte("\x00{}"), evil.Identity[:])
	if _, err := s.ByIdentity(ctx, evil.Identity); !errors.Is(err, errDamaged) {
		t.Error("a row in clear:", err)
	}
}

// TestURL: a password in the configuration is refused, and so is a server on a network that nobody asks
// who it is.
func TestURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://sealgate:word@127.0.0.1/x":                           "holds a password",
		"host=127.0.0.1 password=word":                                   "holds a password",
		"postgres://127.0.0.1/x?password=word":                           "holds a password",
		"postgres://db.firma.example/x":                                  "is not asked who it is",
		"postgres://db.firma.example/x?sslmode=disable":                  "is not asked who it is",
		"postgres://db.firma.example/x?sslmode=require":                  "is not asked who it is",
		"postgres://127.0.0.1,db.firma.example/x?sslmode=prefer":         "is not asked who it is",
		"postgres://db1.firma.example,db2.firma.example/x?sslmode=allow": "is not asked who it is",
		"postgres://db.firma.example/x?sslmode=verify-full":              "",
		"postgres://db1.firma.example,127.0.0.1/x?sslmode=verify-ca":     "",
		"postgres://127.0.0.1/x?sslmode=disable":                         "",
		"postgres://[::1]/x":                                             "",
		"host=/run/postgresql dbname=x":                                  "",
		"nonsense":                                                       "URL",
	} {
		config, err := poolConfig(Options{URL: url, Password: "word"})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "word@") {
			t.Errorf("%s: the password is shown: %v", url, err)
		}
		if err == nil && (config.ConnConfig.Password != "word" || config.ConnConfig.ValidateConnect == nil) {
			t.Errorf("%s: no password, or any server is taken", url)
		}
	}
}

// TestServerThatWritesIsTaken: of several the standby is passed by.
func TestServerThatWritesIsTaken(t *testing.T) {
	t.Parallel()
	url := newURL(t)
	both := strings.Replace(url, "@127.0.0.1:", fmt.Sprintf("@127.0.0.1:1,127.0.0.1:%d,127.0.0.1:", server.Port), 1)
	s := open(t, Options{URL: both})
	if _, err := s.Secret(context.Background()); err != nil {
		t.Error(err)
	}
}
