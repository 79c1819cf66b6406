package postgres

// This file takes the answer of the database away when it has committed: what was asked is done, and asked anew.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
	"sealgate/internal/postgrestest"
)

// losing passes connections on to the database. While it is armed the next answer that something was
// committed is lost, with its connection.
type losing struct {
	armed atomic.Bool
	port  int
}

// newLosing serves until the test ends.
func newLosing(t *testing.T) *losing {
	t.Helper()
	if server == nil {
		t.Skip(postgrestest.ErrNotInstalled)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	l := &losing{port: listener.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go l.pass(client)
		}
	}()
	return l
}

// pass passes one connection on, and its answers one by one.
func (l *losing) pass(client net.Conn) {
	defer client.Close()
	database, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", server.Port))
	if err != nil {
		return
	}
	defer database.Close()
	go func() {
		_, _ = io.Copy(database, client)
		database.Close()
	}()
	answer := make([]byte, 64<<10)
	for {
		n, err := database.Read(answer)
		if err != nil || isCommitted(answer[:n]) && l.armed.CompareAndSwap(true, false) {
			return
		}
		if _, err := client.Write(answer[:n]); err != nil {
			return
		}
	}
}

// isCommitted reports whether an answer of the database says that it has committed: a statement that
// changes something was done, and no transaction is under way (ReadyForQuery "I" in PostgreSQL's protocol).
func isCommitted(answer []byte) bool {
	if !bytes.HasSuffix(answer, []byte("Z\x00\x00\x00\x05I")) {
		return false
	}
	for _, done := range []string{"COMMIT", "INSERT 0 ", "UPDATE ", "DELETE "} {
		if bytes.Contains(answer, []byte(done)) {
			return true
		}
	}
	return false
}

// rows counts the rows of all tables that questions change.
func (s *Store) rows(t *testing.T) (n int) {
	t.Helper()
	var counts []string
	for _, table := range []string{"certificate", "address", "content", "memory", "answer", "journal", "term"} {
		counts = append(counts, "(SELECT count(*) FROM sealgate_"+table+")")
	}
	err := s.pool.QueryRow(context.Background(), "SELECT "+strings.Join(counts, " + ")).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAnswerToCommitLost: everything that is asked of the store and committed, but whose answer was lost, is no
// failure, and done once.
func TestAnswerToCommitLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	between := newLosing(t)
	direct := fmt.Sprint(":", server.Port, "/")
	url := strings.Replace(newURL(t), direct, fmt.Sprint(":", between.port, "/"), 1)
	s := open(t, Options{URL: url})
	record := storetest.Record("c", "a@b.example", "b@b.example")
	record.State = certstore.Active
	for _, step := range []struct {
		name string
		do   func() error
		rows int // that are there then
	}{
		{"Put", func() error { return s.Put(ctx, record) }, 3},
		{"SetState", func() error {
			return s.SetState(ctx, record.Identity, certstore.Blocked, certstore.Active)
		}, 3},
		{"Delete", func() error { return s.Delete(ctx, record.Identity, certstore.Blocked) }, 0},
		{"BindContent", func() error {
			first, err := s.BindContent(ctx, [][32]byte{{1}, {2}}, storetest.Content("first"))
			if len(first) != 2 || first[0].Digest != storetest.Content("first").Digest {
				t.Error("not the first content:", first)
			}
			return err
		}, 2},
		{"Remember", func() error {
			return s.Remember(ctx, [32]byte{3}, certstore.Memory{Own: true, Writers: [][]byte{{1}}}, time.Hour)
		}, 3},
		{"CachePut", func() error { return s.CachePut(ctx, "crl/x", []byte("answer"), time.Hour) }, 4},
		{"AppendJournal", func() error {
			return s.AppendJournal(ctx, []certstore.JournalLine{storetest.Line(1, "one", "ab"), storetest.Line(1, "two", "a")})
		}, 9},
		{"EraseJournal", func() error {
			erased, err := s.EraseJournal(ctx, certstore.Term{'b'})
			if erased != 1 {
				t.Error("lines erased:", erased)
			}
			return err
		}, 6},
		{"purge", func() error { return s.purgeUntil(ctx, time.Now().Add(2*time.Hour).UnixMilli()) }, 2},
	} {
		between.armed.Store(true)
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if between.armed.Swap(false) {
			t.Errorf("%s: no answer was lost", step.name)
		}
		if got := s.rows(t); got != step.rows {
			t.Errorf("%s: %d rows, want %d", step.name, got, step.rows)
		}
	}
}

// TestCommitThatMayHaveComeAbout: a commit that was taken back for another transaction is no lost answer.
func TestCommitThatMayHaveComeAbout(t *testing.T) {
	for err, unknown := range map[error]bool{
		io.ErrUnexpectedEOF:                         true,
		&pgconn.PgError{Code: completionUnknown}:    true,
		&pgconn.PgError{Code: serializationFailure}: false,
		&pgconn.PgError{Code: deadlock}:             false,
		errAnew:                                     false,
	} {
		if isUnknown(err) != unknown {
			t.Errorf("after %v the commit may have come about: %v", err, !unknown)
		}
	}
}
