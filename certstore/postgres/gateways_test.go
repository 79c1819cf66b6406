package postgres

// This file lets several gateways share one database.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
)

// TestLayoutMadeByMany: gateways that start at once make one layout and one secret.
func TestLayoutMadeByMany(t *testing.T) {
	t.Parallel()
	url := newURL(t)
	const gateways = 6
	var secrets [gateways][32]byte
	var all sync.WaitGroup
	for i := range gateways {
		all.Go(func() {
			s, err := Open(context.Background(), Options{URL: url, tracer: lint{t}})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			secrets[i], err = s.Secret(context.Background())
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, secret := range secrets {
		if secret != secrets[0] || secret == [32]byte{} {
			t.Errorf("different secrets: %x", secrets)
		}
	}
}

// TestLayoutOfANewerProgram: it is not touched.
func TestLayoutOfANewerProgram(t *testing.T) {
	t.Parallel()
	url := newURL(t)
	s := open(t, Options{URL: url})
	if err := s.do(context.Background(), setMeta, metaVersion, []byte(fmt.Sprint(len(migrations)+1))); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), Options{URL: url}); err == nil {
		t.Error("it was opened")
	}
}

// TestOracleAskedAtTwoGateways: one content key with two contents, brought to two gateways at once, is
// answered for one of them.
func TestOracleAskedAtTwoGateways(t *testing.T) {
	t.Parallel()
	url := newURL(t)
	gateways := []*Store{open(t, Options{URL: url}), open(t, Options{URL: url})}
	for round := range 30 {
		var got [2][]certstore.Content
		var all sync.WaitGroup
		for i, s := range gateways {
			all.Go(func() {
				var err error
				got[i], err = s.BindContent(context.Background(), [][32]byte{{byte(round), 1}}, storetest.Content(fmt.Sprint(i)))
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		if got[0][0].Digest != got[1][0].Digest {
			t.Fatal("both contents were the first")
		}
	}
}

// TestBlockAtAnotherGateway: it counts at once, not after ten seconds.
func TestBlockAtAnotherGateway(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := newURL(t)
	one := open(t, Options{URL: url})
	other := open(t, Options{URL: url})
	r := storetest.Record("c", "anna@kunde.example")
	if err := one.Put(ctx, r); err != nil {
		t.Fatal(err)
	}
	for _, state := range []certstore.State{certstore.Active, certstore.Blocked, certstore.Pinned, certstore.Blocked} {
		if err := one.SetState(ctx, r.Identity, state); err != nil {
			t.Fatal(err)
		}
		list, err := other.ByAddress(ctx, "anna@kunde.example")
		if err != nil || len(list) != 1 || list[0].State != state {
			t.Fatalf("%s: %v, %v", state, list, err)
		}
	}
}

// TestLinesOfTwoGatewaysAtOneTime: neither is lost.
func TestLinesOfTwoGatewaysAtOneTime(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := newURL(t)
	one := open(t, Options{URL: url})
	other := open(t, Options{URL: url})
	for i, s := range []*Store{one, other} {
		text := fmt.Sprint(i)
		lines := []certstore.JournalLine{storetest.Line(1, text+"a", "x"), storetest.Line(2, text+"b", "x")}
		if err := s.AppendJournal(ctx, lines); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := one.FindJournal(ctx, certstore.JournalQuery{Terms: storetest.Line(0, "", "x").Terms, Most: 9})
	var texts []string
	for _, l := range lines {
		texts = append(texts, string(l.Text))
	}
	slices.Sort(texts)
	if err != nil || !slices.Equal(texts, []string{"0a", "0b", "1a", "1b"}) {
		t.Error(texts, err)
	}
}

// TestCommitOfUnknownOutcome: what the database may have done is done once.
func TestCommitOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, Options{URL: newURL(t)})
	for _, code := range []string{serializationFailure, completionUnknown, deadlock} {
		tries := 0
		err := s.ask(ctx, func(context.Context) error {
			tries++
			if tries == 1 {
				return fmt.Errorf("commit: %w", &pgconn.PgError{Code: code})
			}
			return nil
		})
		if err != nil || tries != 2 {
			t.Errorf("%s: %d tries, %v", code, tries, err)
		}
	}
	s.timeout = 50 * time.Millisecond
	err := s.ask(ctx, func(context.Context) error { return &pgconn.PgError{Code: serializationFailure} })
	if !errors.Is(err, errNoAnswer) {
		t.Error("it is tried without end:", err)
	}
}

// TestEndedRowsGo: what has run out is deleted, with what leads to it.
func TestEndedRowsGo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, Options{URL: newURL(t)})
	line := storetest.Line(1, "x", "ab")
	line.Keep = time.Second
	err := errors.Join(s.AppendJournal(ctx, []certstore.JournalLine{line}),
		s.Remember(ctx, [32]byte{1}, certstore.Memory{}, time.Millisecond),
		s.CachePut(ctx, "crl/x", nil, time.Millisecond),
		s.Remember(ctx, [32]byte{2}, certstore.Memory{}, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	if err := s.purgeUntil(ctx, time.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"memory": 1, "answer": 0, "journal": 0, "term": 0} {
		var n int
		err := s.pool.QueryRow(ctx, "SELECT count(*) FROM sealgate_"+table).Scan(&n)
		if err != nil || n != want {
			t.Errorf("%s: %d rows, %v", table, n, err)
		}
	}
}

// writerURL tells a process of this test that it writes until it is killed.
const writerURL = "SEALGATE_TEST_WRITER"

// TestKilledBetweenWrites: whatever a gateway was killed at, each record that is found by one of its
// addresses is found by all, and a content key of two has both.
func TestKilledBetweenWrites(t *testing.T) {
	ctx := context.Background()
	if url := os.Getenv(writerURL); url != "" {
		writeUntilKilled(ctx, url)
	}
	t.Parallel()
	url := newURL(t)
	s := open(t, Options{URL: url})
	for round := range 3 {
		c := exec.Command(os.Args[0], "-test.run=^TestKilledBetweenWrites$")
		c.Env = append(os.Environ(), child+"=yes", writerURL+"="+url)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		before := s.count(t)
		for s.count(t) < before+20 {
			time.Sleep(time.Millisecond)
		}
		_ = c.Process.Signal(syscall.SIGKILL)
		_ = c.Wait()
		whole(t, s, round)
	}
}

func (s *Store) count(t *testing.T) (n int) {
	t.Helper()
	if err := s.pool.QueryRow(context.Background(), "SELECT count(*) FROM sealgate_address").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func writeUntilKilled(ctx context.Context, url string) {
	s, err := Open(ctx, Options{URL: url})
	if err != nil {
		os.Exit(1)
	}
	for i := 0; ; i++ {
		name := fmt.Sprint(os.Getpid(), i)
		r := storetest.Record(name, "a"+name+"@b.example", "b"+name+"@b.example", "c"+name+"@b.example")
		if s.Put(ctx, r) != nil {
			os.Exit(1)
		}
		key := r.Identity
		other := key
		other[0]++
		if _, err := s.BindContent(ctx, [][32]byte{key, other}, storetest.Content(name)); err != nil {
			os.Exit(1)
		}
	}
}

// whole sees whether each transaction is there as a whole.
func whole(t *testing.T, s *Store, round int) {
	t.Helper()
	ctx := context.Background()
	n := 0
	for cursor := ""; ; {
		page, next, err := s.List(ctx, cursor, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			n++
			for _, a := range r.Addresses {
				if list, err := s.ByAddress(ctx, a); err != nil || len(list) != 1 {
					t.Errorf("round %d: %s: %v, %v", round, a, list, err)
				}
			}
			other := r.Identity
			other[0]++
			both, err := s.Contents(ctx, [][32]byte{r.Identity, other})
			if err != nil || (both[0] == nil) != (both[1] == nil) {
				t.Errorf("round %d: one content of two: %v, %v", round, both, err)
			}
		}
		if next == "" {
			break
		}
		cursor = next
	}
	if n != s.count(t)/3 {
		t.Errorf("round %d: %d records, %d addresses", round, n, s.count(t))
	}
}
