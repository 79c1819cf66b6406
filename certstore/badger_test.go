package certstore

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

func open(t *testing.T, dir string) *Badger {
	t.Helper()
	s, err := OpenBadger(BadgerOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// record holds the frame of a certificate, with text in place of what is signed.
func record(text string, addresses ...string) *Record {
	now := time.Now().Truncate(time.Second)
	der, err := asn1.Marshal(struct {
		TBS       [][]byte
		Signature []byte
	}{TBS: [][]byte{[]byte(text)}, Signature: []byte("signature")})
	if err != nil {
		panic(err)
	}
	identity, err := identityOf(der)
	if err != nil {
		panic(err)
	}
	return &Record{
		DER: der, Identity: identity, Fingerprint: sha256.Sum256(der), Addresses: addresses, State: Active, Source: Harvested,
		FirstSeen: now, LastSeen: now, ProofTime: now, NotAfter: now.Add(time.Hour),
	}
}

func TestUnchangedNeedsNoWrite(t *testing.T) {
	old := record("c", "a@b.example")
	same := record("c", "a@b.example")
	same.LastSeen = old.LastSeen.Add(lastSeenGrain - time.Second)
	if Merge(old, same) != nil {
		t.Error("written within a day")
	}
	same.LastSeen = old.LastSeen.Add(lastSeenGrain)
	if Merge(old, same) == nil {
		t.Error("not written after a day")
	}
}

func TestWordsThatHelp(t *testing.T) {
	dir := t.TempDir()
	s, err := OpenBadger(BadgerOptions{Dir: dir, Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBadger(BadgerOptions{Dir: dir, Key: make([]byte, 32)}); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("second opening: %v", err)
	}
	s.Close()
	if _, err := OpenBadger(BadgerOptions{Dir: dir, Key: []byte(strings.Repeat("k", 32))}); err == nil || !strings.Contains(err.Error(), "store.key_file") {
		t.Errorf("wrong key: %v", err)
	}
}

// TestKill kills a process that writes, and looks for every write that it had
// said to be done.
func TestKill(t *testing.T) {
	if dir := os.Getenv("CERTSTORE_KILL_DIR"); dir != "" {
		s, err := OpenBadger(BadgerOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; ; i++ {
			r := record(fmt.Sprint("k", i), fmt.Sprintf("a%d@b.example", i))
			if err := s.Put(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			fmt.Printf("stored %s\n", hex.EncodeToString(r.Fingerprint[:]))
		}
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestKill$")
	child.Env = append(os.Environ(), "CERTSTORE_KILL_DIR="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var stored []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if fp, ok := strings.CutPrefix(lines.Text(), "stored "); ok {
			stored = append(stored, fp)
		}
		if len(stored) == 200 {
			child.Process.Kill()
			break
		}
	}
	child.Wait()
	s := open(t, dir)
	defer s.Close()
	if len(stored) < 200 {
		t.Fatalf("only %d writes before the end", len(stored))
	}
	for _, fp := range stored {
		var f [32]byte
		hex.Decode(f[:], []byte(fp))
		if _, err := s.ByFingerprint(context.Background(), f); err != nil {
			t.Errorf("%s was acknowledged and is lost: %v", fp, err)
		}
	}
}

// TestDamage: a rotten table is an error at the start and while it is open, never
// "no such certificate".
func TestDamage(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	uncached := func() *Badger { // a block that is in memory cannot rot
		db, err := badger.Open(settings(BadgerOptions{Dir: dir}).WithCompression(options.None).WithBlockCacheSize(0))
		if err != nil {
			t.Fatal(err)
		}
		return &Badger{db: db, dir: dir}
	}
	s := uncached()
	for i := range 20 {
		if err := s.Put(ctx, record(strings.Repeat(fmt.Sprint(i), 500), fmt.Sprintf("a%02d@x.example", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	s = uncached()
	defer s.db.Close()
	if err := s.verify(); err != nil {
		t.Fatal(err)
	}
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	f, err := os.OpenFile(tables[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{0xff, 0xff, 0xff, 0xff}, 40); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := s.verify(); err == nil {
		t.Error("not seen while open")
	}
	if list, err := s.ByAddress(ctx, "a00@x.example"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("while open: %d records, %v", len(list), err)
	}
	if err := s.Put(ctx, record("x", "b@x.example")); err == nil {
		t.Error("written to a damaged store")
	}
	if _, err := OpenBadger(BadgerOptions{Dir: copied(t, dir)}); err == nil || !strings.Contains(err.Error(), "damaged: sealgate store restore") {
		t.Errorf("at the start: %v", err)
	}
}

// TestAskedWhileItIsRead: as long as a large store has not been read whole after its start, nothing is
// "none", and nothing is written; who asks waits for it, but not for ever.
func TestAskedWhileItIsRead(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir())
	defer s.Close()
	known := record("known", "anna@kunde.example")
	if err := s.Put(ctx, known); err != nil {
		t.Fatal(err)
	}
	s.read = make(chan struct{})
	s.deadline = time.Now()
	if _, err := s.ByAddress(ctx, "nobody@kunde.example"); !errors.Is(err, ErrBeingRead) {
		t.Errorf("asked: %v", err)
	}
	if err := s.Put(ctx, record("new", "nobody@kunde.example")); !errors.Is(err, ErrBeingRead) {
		t.Errorf("written: %v", err)
	}
	if _, known, err := s.CacheGet(ctx, "crl/x"); err != nil || known { // "none" is only asked for anew
		t.Errorf("an answer of a look-up: %v, %v", known, err)
	}
	s.deadline = time.Now().Add(time.Minute)
	time.AfterFunc(10*time.Millisecond, func() { close(s.read) })
	list, err := s.ByAddress(ctx, "anna@kunde.example")
	if err != nil || len(list) != 1 {
		t.Errorf("%d records, %v", len(list), err)
	}
}

// TestStartOfALargeStore: without patience, or where the store may be a new one, the start waits for the
// first look at the tables; else it ends, and the questions wait.
func TestStartOfALargeStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patience time.Duration
		secret   bool
		waits    bool
	}{
		"a command":            {0, true, true},
		"the gateway":          {time.Minute, true, false},
		"what should be there": {time.Minute, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, t.TempDir())
			defer s.Close()
			if !c.secret {
				if err := s.db.Update(func(tx *badger.Txn) error { return tx.Delete(secretKey) }); err != nil {
					t.Fatal(err)
				}
			}
			s.read = nil
			read := make(chan struct{})
			if c.waits {
				time.AfterFunc(startTime+500*time.Millisecond, func() { close(read) })
			}
			if err := s.begin(read, c.patience); err != nil {
				t.Fatal(err)
			}
			waited := false
			select {
			case <-read:
				waited = true
			default:
			}
			if waited != c.waits {
				t.Errorf("waited %v", waited)
			}
		})
	}
}

// TestClosedWhileItIsRead: who waits gets no "none" either.
func TestClosedWhileItIsRead(t *testing.T) {
	s := open(t, t.TempDir())
	s.read = make(chan struct{})
	s.deadline = time.Now().Add(time.Minute)
	answer := make(chan error)
	go func() {
		_, err := s.ByAddress(context.Background(), "nobody@kunde.example")
		answer <- err
	}()
	time.Sleep(10 * time.Millisecond) // it waits now, or will find the store closed
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; !errors.Is(err, errClosed) {
		t.Errorf("%v", err)
	}
}

// TestFirstSignOfDamage: nothing panics, and from the first error on all is one, without
// waiting for the next look at the tables.
func TestFirstSignOfDamage(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s := open(t, dir)
	const addresses = 600
	for i := range addresses { // 5 MB that cannot be compressed: more than the cache holds
		noise := make([]byte, 9000)
		rand.Read(noise)
		if err := s.Put(ctx, record(string(noise), fmt.Sprintf("a%d@x.example", i))); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	s = open(t, dir)
	defer s.Close()
	signs := 0
	for round := 0; round < 5 && signs == 0; round++ { // badger may write a table anew meanwhile
		rot(t, dir)
		for i := range addresses {
			list, err := s.ByAddress(ctx, fmt.Sprintf("a%d@x.example", i))
			if err != nil {
				signs++
			} else if signs > 0 {
				t.Fatalf("address %d: %d records after an error", i, len(list))
			}
		}
	}
	if signs == 0 {
		t.Error("no damage was seen")
	}
}

// rot changes every table under the store that has it open, but for its index.
func rot(t *testing.T, dir string) {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, path := range tables {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		for at := int64(100); at < info.Size()*9/10; at += 100 {
			if _, err := f.WriteAt([]byte{0xa5}, at); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// copied is a copy of a store, without its lock.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(to, "LOCK"))
	return to
}

// TestAcknowledgedIsOnDisk: what Put has answered outlives a power cut, which no test
// can cause: the store is told to sync before it answers.
func TestAcknowledgedIsOnDisk(t *testing.T) {
	s, err := OpenBadger(BadgerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !s.db.Opts().SyncWrites {
		t.Error("writes are not synced")
	}
}

// TestKilledWhileALogBegins: a process that is killed just when it begins a log leaves an empty
// file. The store opens, with all that was in it.
func TestKilledWhileALogBegins(t *testing.T) {
	for _, names := range [][]string{{"009999.vlog"}, {"09999.mem"}, {"009999.vlog", "09999.mem"}} {
		t.Run(strings.Join(names, " "), func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			secret, err := s.Secret(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
			for _, name := range names {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s = open(t, dir)
			defer s.Close()
			if again, err := s.Secret(t.Context()); err != nil || again != secret {
				t.Errorf("its secret is another: %v", err)
			}
		})
	}
}
