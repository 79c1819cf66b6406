package certstore

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Badger {
	t.Helper()
	s, err := OpenBadger(BadgerOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func record(der string, addresses ...string) *Record {
	now := time.Now().Truncate(time.Second)
	return &Record{DER: []byte(der), Fingerprint: sha256.Sum256([]byte(der)), Addresses: addresses, State: Active, Source: Harvested,
		FirstSeen: now, LastSeen: now, ProofTime: now, NotAfter: now.Add(time.Hour)}
}

func TestByAddressIsExactAndSorted(t *testing.T) {
	s, ctx := open(t, t.TempDir()), context.Background()
	defer s.Close()
	old, fresh, pinned := record("old", "anna@kunde.example"), record("new", "anna@kunde.example", "info@kunde.example"), record("pinned", "anna@kunde.example")
	old.ProofTime, pinned.ProofTime = old.ProofTime.Add(-time.Hour), old.ProofTime.Add(-2*time.Hour)
	pinned.State = Pinned
	for _, r := range []*Record{old, fresh, pinned, record("other", "ann@kunde.example"), record("third", "anna@kunde.example.org"), record("nul", "a@kunde.example")} {
		if err := s.Put(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.ByAddress(ctx, "anna@kunde.example")
	if err != nil || len(got) != 3 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	for i, want := range []string{"pinned", "new", "old"} {
		if string(got[i].DER) != want {
			t.Errorf("place %d: %s, want %s", i, got[i].DER, want)
		}
	}
	if got, err := s.ByAddress(ctx, "nobody@kunde.example"); err != nil || len(got) != 0 {
		t.Errorf("unknown address: %v %v", got, err)
	}
	if _, err := s.ByAddress(ctx, "a\x00b@kunde.example"); err == nil {
		t.Error("an address with NUL was looked up")
	}
	if err := s.Put(ctx, record("x", "a\x00b@kunde.example")); err == nil {
		t.Error("an address with NUL was stored")
	}
}

func TestPutKeepsWhatAnAdminDecided(t *testing.T) {
	s, ctx := open(t, t.TempDir()), context.Background()
	defer s.Close()
	r := record("c", "a@b.example")
	if err := errors.Join(s.Put(ctx, r), s.SetState(ctx, r.Fingerprint, Blocked)); err != nil {
		t.Fatal(err)
	}
	again := record("c", "c@d.example")
	again.LastSeen = again.LastSeen.Add(48 * time.Hour)
	if err := s.Put(ctx, again); err != nil {
		t.Fatal(err)
	}
	got, err := s.ByFingerprint(ctx, r.Fingerprint)
	if err != nil || got.State != Blocked || !slices.Equal(got.Addresses, []string{"a@b.example", "c@d.example"}) || !got.FirstSeen.Equal(r.FirstSeen) {
		t.Errorf("%+v %v", got, err)
	}
	wrong := record("c", "a@b.example")
	wrong.DER = []byte("swapped")
	if s.Put(ctx, wrong) == nil {
		t.Error("a record with another's fingerprint was stored")
	}
}

func TestUnchangedNeedsNoWrite(t *testing.T) {
	old := record("c", "a@b.example")
	same := record("c", "a@b.example")
	same.LastSeen = old.LastSeen.Add(lastSeenGrain - time.Second)
	if merge(old, same) != nil {
		t.Error("written within a day")
	}
	same.LastSeen = old.LastSeen.Add(lastSeenGrain)
	if merge(old, same) == nil {
		t.Error("not written after a day")
	}
}

func TestListAndDelete(t *testing.T) {
	s, ctx := open(t, t.TempDir()), context.Background()
	defer s.Close()
	want := map[string]bool{}
	for i := range 25 {
		r := record(fmt.Sprint("c", i), fmt.Sprintf("a%d@b.example", i))
		want[string(r.DER)] = true
		s.Put(ctx, r)
	}
	cursor, pages := "", 0
	for {
		page, next, err := s.List(ctx, cursor, 10)
		if err != nil || len(page) > 10 {
			t.Fatal(len(page), err)
		}
		pages++
		for _, r := range page {
			delete(want, string(r.DER))
		}
		if cursor = next; next == "" {
			break
		}
	}
	if len(want) != 0 || pages != 3 {
		t.Errorf("%d pages, not listed: %v", pages, want)
	}
	fp := sha256.Sum256([]byte("c3"))
	if err := s.Delete(ctx, fp); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.ByAddress(ctx, "a3@b.example"); len(got) != 0 {
		t.Error("the index still knows a deleted record")
	}
	if !errors.Is(s.Delete(ctx, fp), ErrNotFound) || !errors.Is(s.SetState(ctx, fp, Pinned), ErrNotFound) {
		t.Error("an unknown record was found")
	}
}

func TestTimeToLive(t *testing.T) {
	s, ctx := open(t, t.TempDir()), context.Background()
	defer s.Close()
	key := sha256.Sum256([]byte("id"))
	if _, known, err := s.Recall(ctx, key); known || err != nil {
		t.Error("known before:", err)
	}
	s.Remember(ctx, key, Memory{HiddenSubject: true}, time.Hour)
	s.CachePut(ctx, "crl", make([]byte, 5<<20), time.Hour)
	s.CachePut(ctx, "short", []byte("x"), time.Second)
	if m, known, err := s.Recall(ctx, key); !known || !m.HiddenSubject || err != nil {
		t.Error(m, known, err)
	}
	if v, known, err := s.CacheGet(ctx, "crl"); !known || len(v) != 5<<20 || err != nil {
		t.Error(len(v), known, err)
	}
	time.Sleep(2100 * time.Millisecond)
	if _, known, _ := s.CacheGet(ctx, "short"); known {
		t.Error("outlived its time")
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

func TestManyWriters(t *testing.T) {
	s, ctx := open(t, t.TempDir()), context.Background()
	defer s.Close()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 20 {
				if err := s.Put(ctx, record(fmt.Sprint(n), fmt.Sprintf("w%d@b.example", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	r, err := s.ByFingerprint(ctx, sha256.Sum256([]byte("7")))
	if err != nil || len(r.Addresses) != 8 {
		t.Errorf("%+v %v", r, err)
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
