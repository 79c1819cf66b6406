package certstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// fill puts one thing of each kind into a store, and many of some.
func fill(t *testing.T, s *Badger, n int) {
	t.Helper()
	ctx := context.Background()
	for i := range n {
		r := record(fmt.Sprint("c", i), fmt.Sprintf("c%d@kunde.example", i), "all@kunde.example")
		r.State = []State{Active, Blocked, Pinned, Pending}[i%4]
		if r.State == Pending {
			r.Addresses = r.Addresses[:1] // MaxPending of one address
		}
		if err := s.Put(ctx, r); err != nil {
			t.Fatal(err)
		}
		if _, err := s.BindContent(ctx, [][32]byte{{byte(i), byte(i >> 8)}}, Content{Senders: [][32]byte{{1}, {2}}}); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(
		s.Remember(ctx, [32]byte{1}, Memory{HiddenSubject: true, Writers: [][]byte{{9}}}, time.Hour),
		s.Remember(ctx, [32]byte{2}, Memory{Own: true}, 365*24*time.Hour),
		s.CachePut(ctx, "crl/1", []byte("answer"), time.Hour),
		s.AppendJournal(ctx, []JournalLine{
			{Time: time.Now(), Keep: time.Hour, Terms: []Term{{1}, {2}}, Text: []byte("{}")},
			{Time: time.Now(), Keep: 90 * 24 * time.Hour, Text: []byte("{}")},
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// contents are all keys of a store, indexes too, with value and expiry.
func contents(t *testing.T, s *Badger) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := s.view(func(tx *badger.Txn) error {
		return eachOfKind(tx, nil, func(e *Entry) bool {
			all[string(e.Key)] = fmt.Sprintf("%x until %d", e.Value, e.Expires)
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sameContents(t *testing.T, got, want map[string]string) {
	t.Helper()
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%q is %s, want %s", k, got[k], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
}

func backupOf(t *testing.T, s *Badger) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.Backup(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBackupComesBack: states, indexes, memories with the moment at which they end,
// content keys with the secret of the store that they were made in, answers; into a store
// with another key.
func TestBackupComesBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	defer s.Close()
	fill(t, s, 100)
	want := contents(t, s)
	text := backupOf(t, s)
	for name, key := range map[string][]byte{"plain": nil, "encrypted": make([]byte, 32)} {
		o := BadgerOptions{Dir: filepath.Join(t.TempDir(), "store"), Key: key}
		sum, err := RestoreBadger(ctx, o, bytes.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		wanted := Summary{100, 25, 25, 25, 2, 100, 1, 2, 1, 1}
		if *sum != wanted {
			t.Errorf("%s: %+v, want %+v", name, *sum, wanted)
		}
		restored, err := OpenBadger(o)
		if err != nil {
			t.Fatal(name, err)
		}
		sameContents(t, contents(t, restored), want)
		if list, err := restored.ByAddress(ctx, "all@kunde.example"); err != nil || len(list) != MaxCandidates || list[0].State != Pinned {
			t.Errorf("%s: %d of all, %v", name, len(list), err)
		}
		if n := restored.contents.Load(); n != 100 {
			t.Errorf("%s: %d contents counted", name, n)
		}
		if err := restored.Close(); err != nil {
			t.Error(err)
		}
		if list, err := os.ReadDir(filepath.Dir(o.Dir)); err != nil || len(list) != 1 {
			t.Errorf("%s: beside the store lie %v, %v", name, list, err)
		}
	}
	if sum, err := CheckBackup(bytes.NewReader(text)); err != nil || sum.Certificates != 100 {
		t.Errorf("%+v %v", sum, err)
	}
}

// TestBackupForgetsWhatRanOut: a memory does not live longer for having been restored.
func TestBackupForgetsWhatRanOut(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer s.Close()
	if err := s.Remember(context.Background(), [32]byte{1}, Memory{Own: true}, 2*time.Second); err != nil {
		t.Fatal(err)
	}
	text := backupOf(t, s)
	time.Sleep(3 * time.Second)
	o := BadgerOptions{Dir: filepath.Join(t.TempDir(), "store")}
	if _, err := RestoreBadger(context.Background(), o, bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	restored := open(t, o.Dir)
	defer restored.Close()
	if _, known, err := restored.Recall(context.Background(), [32]byte{1}); known || err != nil {
		t.Errorf("known %v, %v", known, err)
	}
}

// TestBackupIsOneMoment: of what is written one after the other while a backup is made,
// the later one is never in it alone, though it is read later.
func TestBackupIsOneMoment(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, t.TempDir())
	defer s.Close()
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := byte(1); n != 0; n++ {
			r := record(fmt.Sprint(n), "a@b.example")
			if _, err := s.BindContent(ctx, [][32]byte{r.Identity}, Content{}); err != nil {
				t.Error(err)
			}
			if err := s.Put(ctx, r); err != nil {
				t.Error(err)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	const least = 3 // a machine that is busy writes few while one backup is read
	most := 0
	end := time.Now().Add(time.Minute)
	for round := 0; round < 20 || most < least && time.Now().Before(end); round++ {
		known := map[string]bool{}
		records := 0
		err := s.eachEntry(ctx, func(e *Entry) error {
			switch e.Key[0] {
			case 'd':
				known[string(e.Key[1:])] = true
				time.Sleep(time.Millisecond) // as a backup of many has
			case 'i':
				records++
				if !known[string(e.Key[1:])] {
					t.Errorf("the record %x is in it, and what was written before is not", e.Key[1:9])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, records)
	}
	close(stop)
	writer.Wait()
	if most < least {
		t.Errorf("only %d records were written meanwhile", most)
	}
}

// entriesOf writes entries as a backup has them.
func entriesOf(list ...Entry) string {
	var out bytes.Buffer
	out.WriteString(backupBegin)
	for _, e := range list {
		_ = writeEntry(&out, &e)
	}
	out.Write(binary.AppendUvarint([]byte{0}, uint64(len(list))))
	return out.String()
}

// TestBackupForged: what is not whole, or no backup, makes no store, and says so. A
// backup to a recipient can be written by anybody.
func TestBackupForged(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer s.Close()
	fill(t, s, 3)
	whole := string(backupOf(t, s))
	secret := Entry{secretKey, make([]byte, 32), 0}
	version := Entry{versionKey, []byte{0, 0, 0, schemaVersion}, 0}
	good := record("good", "good@kunde.example")
	value, err := EncodeRecord(good)
	if err != nil {
		t.Fatal(err)
	}
	forged := *good
	forged.Fingerprint[0]++
	other, err := EncodeRecord(&forged)
	if err != nil {
		t.Fatal(err)
	}
	key := func(kind string) []byte { return append([]byte(kind), make([]byte, 32)...) }
	for name, text := range map[string]string{
		"empty":                 "",
		"another file":          "-----BEGIN CERTIFICATE-----\n" + whole,
		"another version":       strings.Replace(whole, "backup 1", "backup 2", 1),
		"the beginning alone":   backupBegin,
		"cut off":               whole[:len(whole)-1],
		"cut off in the middle": whole[:len(whole)/2],
		"more behind it":        whole + "x",
		"fewer than it says":    whole[:len(whole)-1] + "\x7f",
		"a long key":            backupBegin + string(binary.AppendUvarint(nil, maxBackupKey+1)) + whole,
		"a long value":          entriesOf(Entry{[]byte("k/"), make([]byte, maxBackupValue+1), 1 << 40}, secret, version),
		"an endless number":     backupBegin + strings.Repeat("\xff", 100),
		"twice the same":        entriesOf(secret, secret, version),
		"out of order":          entriesOf(version, secret),
		"no secret":             entriesOf(version),
		"no version":            entriesOf(secret),
		"a short secret":        entriesOf(Entry{secretKey, make([]byte, 31), 0}, version),
		"a secret of that name": entriesOf(secret, Entry{[]byte("s2"), make([]byte, 32), 0}, version),
		"a newer schema":        entriesOf(secret, Entry{versionKey, []byte{0, 0, 0, schemaVersion + 1}, 0}),
		"an unknown kind":       entriesOf(secret, version, Entry{[]byte("z"), nil, 0}),
		"an index":              entriesOf(Entry{[]byte("a\x00b\x00c\x00" + strings.Repeat("d", 32)), nil, 0}, secret, version),
		"another's record":      entriesOf(Entry{recordKey([32]byte{1}), value, 0}, secret, version),
		"a record that ends":    entriesOf(Entry{recordKey(good.Identity), value, 1 << 40}, secret, version),
		"a forged fingerprint":  entriesOf(Entry{recordKey(good.Identity), other, 0}, secret, version),
		"no record":             entriesOf(Entry{recordKey(good.Identity), []byte("{}"), 0}, secret, version),
		"no memory":             entriesOf(Entry{key("m"), []byte("x"), 1 << 40}, secret, version),
		"a short memory key":    entriesOf(Entry{[]byte("m"), []byte("{}"), 1 << 40}, secret, version),
		"no content":            entriesOf(Entry{key("d"), []byte("x"), 0}, secret, version),
		"too many senders":      entriesOf(Entry{key("d"), make([]byte, 32*(MaxSenders+2)), 0}, secret, version),
		"an answer for ever":    entriesOf(Entry{[]byte("k/"), nil, 0}, secret, version),
	} {
		dir := filepath.Join(t.TempDir(), "store")
		_, err := RestoreBadger(context.Background(), BadgerOptions{Dir: dir}, strings.NewReader(text))
		if !errors.Is(err, ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
		if list, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(list) != 0 {
			t.Errorf("%s: left are %v, %v", name, list, err)
		}
	}
	for name, text := range map[string]string{
		"whole":            whole,
		"smallest":         entriesOf(secret, version),
		"the most senders": entriesOf(Entry{key("d"), make([]byte, 32*(MaxSenders+1)), 0}, secret, version),
		"the longest":      entriesOf(Entry{[]byte("k/"), make([]byte, maxBackupValue), 1 << 40}, secret, version),
	} {
		dir := filepath.Join(t.TempDir(), "store")
		if _, err := RestoreBadger(context.Background(), BadgerOptions{Dir: dir}, strings.NewReader(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRestoreMergesNothing: into a folder that has a store, nothing is restored, unless
// that is put aside, and nobody has it open.
func TestRestoreMergesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "store")
	o := BadgerOptions{Dir: dir}
	s := open(t, dir)
	fill(t, s, 4)
	text := backupOf(t, s)
	late := record("late", "late@kunde.example")
	if err := s.Put(ctx, late); err != nil {
		t.Fatal(err)
	}
	before := contents(t, s)
	aside := dir + ".aside"
	if _, err := RestoreBadgerOver(ctx, o, bytes.NewReader(text), aside); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("over a store that is open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := RestoreBadger(ctx, o, bytes.NewReader(text)); !errors.Is(err, ErrOccupied) {
		t.Errorf("into a store: %v", err)
	}
	if _, err := RestoreBadgerOver(ctx, o, bytes.NewReader(text[:len(text)-1]), aside); !errors.Is(err, ErrBackup) {
		t.Errorf("what is cut off: %v", err)
	}
	s = open(t, dir)
	sameContents(t, contents(t, s), before)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := RestoreBadgerOver(ctx, o, bytes.NewReader(text), aside); err != nil {
		t.Fatal(err)
	}
	old := open(t, aside)
	sameContents(t, contents(t, old), before)
	restored := open(t, dir)
	if _, err := restored.ByIdentity(ctx, late.Identity); !errors.Is(err, ErrNotFound) {
		t.Errorf("what came after the backup: %v", err)
	}
	if err := errors.Join(old.Close(), restored.Close()); err != nil {
		t.Error(err)
	}
}

// TestDamagedStoreHasNoBackup: what cannot be read is not left out of a backup.
func TestDamagedStoreHasNoBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 600 { // more than the cache holds, which the damage does not reach
		noise := make([]byte, 9000)
		rand.Read(noise)
		if err := s.Put(context.Background(), record(string(noise), fmt.Sprintf("a%d@x.example", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	defer s.Close()
	rot(t, dir)
	var out bytes.Buffer
	err := s.Backup(context.Background(), &out)
	if err == nil || !strings.Contains(err.Error(), "sealgate store restore") {
		t.Errorf("%v", err)
	}
	if sum, err := CheckBackup(&out); err == nil {
		t.Errorf("a whole backup of %v", sum)
	}
}

// TestDigestSeesWhatRunsOut: two stores that differ in a memory that is not about to run out do not keep the same.
func TestDigestSeesWhatRunsOut(t *testing.T) {
	begin := time.Now()
	soon := uint64(begin.Add(comparedTime).Unix())
	none := NewDigest(begin).Sum()
	for name, entry := range map[string]struct {
		kind    byte
		expires uint64
		seen    bool
	}{
		"a memory":                    {KindMemory, soon + 1, true},
		"a memory that soon runs out": {KindMemory, soon, false},
		"a line of the journal":       {KindLine, soon + 1, true},
		"a content key":               {KindContent, 0, true},
		"a cached answer":             {KindAnswer, soon + 1, false},
	} {
		d := NewDigest(begin)
		if err := d.Add(&Entry{Key: []byte{entry.kind, 1}, Expires: entry.expires}); err != nil {
			t.Fatal(err)
		}
		if (d.Sum() != none) != entry.seen {
			t.Errorf("%s is compared: %v, want %v", name, !entry.seen, entry.seen)
		}
	}
}
