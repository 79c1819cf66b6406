//go:build postgres

package postgres

// This file kills a primary under writers and promotes its standby, and fills a database's disk.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
	"sealgate/internal/postgrestest"
)

// acknowledged are the names under which a block, a content key and a memory were stored.
type acknowledged struct {
	mu    sync.Mutex
	names []string
}

// store keeps all three under a name.
func (a *acknowledged) store(ctx context.Context, s *Store, name string) error {
	r := storetest.Record(name, name+"@b.example")
	if err := s.Put(ctx, r); err != nil {
		return err
	}
	if err := s.SetState(ctx, r.Identity, certstore.Blocked); err != nil {
		return err
	}
	if _, err := s.BindContent(ctx, [][32]byte{r.Identity}, storetest.Content(name)); err != nil {
		return err
	}
	if err := s.Remember(ctx, r.Identity, certstore.Memory{HiddenSubject: true}, time.Hour); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names = append(a.names, name)
	return nil
}

// lost counts what is not there any more.
func (a *acknowledged) lost(t *testing.T, s *Store) (lost int) {
	t.Helper()
	ctx := context.Background()
	for _, name := range a.names {
		id := storetest.Record(name, name+"@b.example").Identity
		r, err := s.ByIdentity(ctx, id)
		contents, unanswered := s.Contents(ctx, [][32]byte{id})
		m, known, silent := s.Recall(ctx, id)
		if err := errors.Join(unanswered, silent); err != nil {
			t.Fatal(err)
		}
		if err != nil || r.State != certstore.Blocked || contents[0] == nil || !known || !m.HiddenSubject {
			lost++
		}
	}
	return lost
}

// TestAcknowledgedOutlivesThePrimary: blocks, content keys and memories that a gateway was told are
// stored are on the standby that is promoted, and the gateway finds it by itself.
func TestAcknowledgedOutlivesThePrimary(t *testing.T) {
	primary := postgrestest.ForTest(t, "synchronous_standby_names=standby", "wal_level=replica")
	standby, err := postgrestest.NewStandby(primary, "standby")
	if err != nil {
		t.Fatal(err)
	}
	defer standby.Remove()
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable", primary.Port, standby.Port)
	s := open(t, Options{URL: url, Timeout: 2 * time.Second})
	d, err := s.Durability(context.Background())
	if err != nil || d.Lacks() != nil {
		t.Fatal(d, err)
	}
	var kept acknowledged
	failed := 0
	stop := make(chan struct{})
	var all sync.WaitGroup
	for w := range 6 {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := kept.store(context.Background(), s, fmt.Sprintf("w%d-%d", w, i)); err != nil {
					kept.mu.Lock()
					failed++
					kept.mu.Unlock()
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
	time.Sleep(3 * time.Second)
	primary.Kill()
	time.Sleep(time.Second)
	promoted := time.Now()
	if err := standby.Exec("SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
	var healed time.Duration
	for healed == 0 {
		if _, err := s.Secret(context.Background()); err == nil && s.SetState(context.Background(),
			storetest.Record(kept.names[0], kept.names[0]+"@b.example").Identity, certstore.Blocked) == nil {
			healed = time.Since(promoted)
		}
		if time.Since(promoted) > 30*time.Second {
			t.Fatal("it does not heal")
		}
	}
	time.Sleep(time.Second)
	close(stop)
	all.Wait()
	if lost := kept.lost(t, s); lost > 0 {
		t.Errorf("%d of %d are lost", lost, len(kept.names))
	}
	t.Logf("%d stored, %d refused, none lost; it wrote again %v after the order to promote",
		len(kept.names), failed, healed.Round(time.Millisecond))
}

// TestFullDisk: a database without room has errors, which are no "none", keeps what it was given, and
// goes on when there is room.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root mounts a small disk")
	}
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=160m,mode=0777"); err != nil {
		t.Skip("a small disk cannot be mounted here:", err)
	}
	defer unix.Unmount(small, unix.MNT_DETACH)
	t.Setenv("TMPDIR", small)
	for dir := small; dir != "/tmp"; dir = filepath.Dir(dir) { // postgres is another user
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	own := postgrestest.ForTest(t, "max_wal_size=32MB", "min_wal_size=32MB")
	ctx := context.Background()
	s := open(t, Options{URL: own.URL(), Timeout: 2 * time.Second})
	var kept acknowledged
	if err := kept.store(ctx, s, "before"); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(small, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	f.Close()
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	refused := 0
	for i := 0; refused < 20 && i < 20_000; i++ {
		err := kept.store(ctx, s, fmt.Sprint("full-", i))
		if errors.Is(err, certstore.ErrNotFound) || errors.Is(err, certstore.ErrRecord) {
			t.Fatal("a full disk looks like an answer:", err)
		}
		if err != nil {
			refused++
		}
	}
	if refused == 0 {
		t.Fatal("the disk was never full")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); kept.store(ctx, s, fmt.Sprint("after-", time.Since(began))) != nil; {
		if time.Since(began) > 60*time.Second {
			t.Fatal("it does not go on")
		}
	}
	if lost := kept.lost(t, s); lost > 0 {
		t.Errorf("%d of %d are lost", lost, len(kept.names))
	}
	t.Logf("%d stored, %d refused, none lost", len(kept.names), refused)
}
