package postgres

// This file moves stores between the two drivers, and cuts that off.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/certstore/storetest"
)

// filled is an embedded store with everything that there is.
func filled(t *testing.T) *certstore.Badger {
	t.Helper()
	ctx := context.Background()
	s, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	states := []certstore.State{certstore.Active, certstore.Blocked, certstore.Pinned, certstore.Pending}
	for i := range 1200 {
		r := storetest.Record(fmt.Sprint("c", i), fmt.Sprintf("a%d@b.example", i), fmt.Sprintf("b%d@b.example", i))
		r.State = states[i%len(states)]
		err = errors.Join(err, s.Put(ctx, r))
	}
	_, bound := s.BindContent(ctx, [][32]byte{{1}, {2}}, storetest.Content("first", "anna@kunde.example"))
	err = errors.Join(err, bound,
		s.Remember(ctx, [32]byte{3}, certstore.Memory{Own: true}, time.Hour),
		s.CachePut(ctx, "crl/x", []byte("answer"), time.Hour),
		s.AppendJournal(ctx, []certstore.JournalLine{storetest.Line(1, "one", "a"), storetest.Line(2, "two", "ab")}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func backupOf(t *testing.T, s interface {
	Backup(context.Context, io.Writer) error
},
) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Backup(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func digestOf(t *testing.T, backup []byte) [32]byte {
	t.Helper()
	d := certstore.NewDigest(time.Now())
	if err := certstore.ReadBackup(bytes.NewReader(backup), d.Add); err != nil {
		t.Fatal(err)
	}
	return d.Sum()
}

// TestThereAndBack: a store goes from one driver to the other and back, and every state, content key,
// memory and line is what it was.
func TestThereAndBack(t *testing.T) {
	ctx := context.Background()
	whole := backupOf(t, filled(t))
	o := Options{URL: newURL(t), Key: make([]byte, 32), tracer: lint{t}}
	sum, err := Restore(ctx, o, bytes.NewReader(whole))
	if err != nil || sum.Certificates != 1200 || sum.Blocked != 300 || sum.Lines != 2 || sum.Mails != 1 {
		t.Fatal(sum, err)
	}
	s := open(t, o)
	if v, known, err := s.CacheGet(ctx, "crl/x"); string(v) != "answer" || !known || err != nil {
		t.Error("cached answer:", v, known, err)
	}
	list, err := s.ByAddress(ctx, "b1@b.example")
	if err != nil || len(list) != 1 || list[0].State != certstore.Blocked {
		t.Error(list, err)
	}
	lines, err := s.FindJournal(ctx, certstore.JournalQuery{Terms: storetest.Line(0, "", "b").Terms, Most: 9})
	if err != nil || len(lines) != 1 || string(lines[0].Text) != "two" {
		t.Error(lines, err)
	}
	back := backupOf(t, s)
	if digestOf(t, back) != digestOf(t, whole) {
		t.Error("another store came out")
	}
	dir := filepath.Join(t.TempDir(), "store")
	got, err := certstore.RestoreBadger(ctx, certstore.BadgerOptions{Dir: dir}, bytes.NewReader(back))
	if err != nil || got.Certificates != 1200 || got.Blocked != 300 || got.Lines != 2 || got.Mails != 1 || got.Contents != 2 {
		t.Error(got, err)
	}
	if _, err := Restore(ctx, o, bytes.NewReader(whole)); !errors.Is(err, certstore.ErrOccupied) {
		t.Error("restored over a store:", err)
	}
}

// TestCopyCutOff: a copy that was cut off is no store, goes on where it was, and takes no other backup.
func TestCopyCutOff(t *testing.T) {
	ctx := context.Background()
	whole := backupOf(t, filled(t))
	o := Options{URL: newURL(t), tracer: lint{t}}
	half := io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), failing{})
	if _, err := Restore(ctx, o, half); err == nil {
		t.Fatal("half a backup is a store")
	}
	if _, err := Open(ctx, o); !errors.Is(err, ErrUnfinished) {
		t.Fatal("half a store was opened:", err)
	}
	if _, err := Restore(ctx, o, bytes.NewReader(backupOf(t, filled(t)))); !errors.Is(err, errOther) {
		t.Fatal("another backup, whose times and secret differ, goes on:", err)
	}
	if _, err := Restore(ctx, o, bytes.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	if digestOf(t, backupOf(t, open(t, o))) != digestOf(t, whole) {
		t.Error("another store came out")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("cut off") }

// sourceOf is the backup of a store with a certificate, lines at some times, and memories by their number.
func sourceOf(t *testing.T, r *certstore.Record, lines []int, memories map[int]certstore.Memory) []byte {
	t.Helper()
	record, err := certstore.EncodeRecord(r)
	if err != nil {
		t.Fatal(err)
	}
	expires := uint64(time.Now().Add(48 * time.Hour).Unix())
	var b bytes.Buffer
	out := certstore.NewBackupWriter(&b)
	write := func(kind byte, id, value []byte, expires uint64) {
		entry := &certstore.Entry{Key: append([]byte{kind}, id...), Value: value, Expires: expires}
		err = errors.Join(err, out.Write(entry))
	}
	write(certstore.KindRecord, r.Identity[:], record, 0)
	for _, i := range lines {
		line := storetest.Line(i, fmt.Sprint("line ", i), "a")
		write(certstore.KindLine, lineID(int64(i)), certstore.EncodeLine(&line), expires)
	}
	for _, i := range slices.Sorted(maps.Keys(memories)) {
		value, unwritten := json.Marshal(memories[i])
		err = errors.Join(err, unwritten)
		key := memoryOf(i)
		write(certstore.KindMemory, key[:], value, expires)
	}
	write(certstore.KindSecret, nil, make([]byte, certstore.HashSize), 0)
	err = errors.Join(err, out.Write(certstore.VersionEntry()), out.Close())
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func memoryOf(i int) [32]byte { return [32]byte{byte(i >> 8), byte(i)} }

// TestCopyGoesOnAfterTheSourceRan: a copy is cut off among the memories, the old gateway runs for a while, and
// the copy is given once more. An encrypted mail that left meanwhile is known, what is known of another one is
// the newest, and what is gone in the source is gone.
func TestCopyGoesOnAfterTheSourceRan(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	record := storetest.Record("c", "a@b.example")
	lines := []int{}
	memories := map[int]certstore.Memory{}
	for i := range restoreEntries + 100 {
		lines = append(lines, i)
		memories[2*i] = certstore.Memory{Own: true}
	}
	whole := sourceOf(t, record, lines, memories)
	o := Options{URL: newURL(t), tracer: lint{t}}
	if _, err := Restore(ctx, o, io.MultiReader(bytes.NewReader(whole[:len(whole)-1000]), failing{})); err == nil {
		t.Fatal("half a backup is a store")
	}
	memories[1] = certstore.Memory{Own: true}
	memories[2] = certstore.Memory{Own: true, HiddenSubject: true}
	delete(memories, 4)
	want := sourceOf(t, record, lines[5:], memories)
	if _, err := Restore(ctx, o, bytes.NewReader(want)); err != nil {
		t.Fatal(err)
	}
	s := open(t, o)
	if _, known, err := s.Recall(ctx, memoryOf(1)); !known || err != nil {
		t.Error("an encrypted mail is forgotten:", known, err)
	}
	if m, _, err := s.Recall(ctx, memoryOf(2)); !m.HiddenSubject || err != nil {
		t.Error("that the Subject was hidden is forgotten:", m, err)
	}
	if m, known, err := s.Recall(ctx, memoryOf(4)); known || err != nil {
		t.Error("what is gone is there:", m, err)
	}
	found, err := s.FindJournal(ctx, certstore.JournalQuery{Terms: []certstore.Term{{'a'}}, Most: 1, Oldest: true})
	if err != nil || len(found) != 1 || string(found[0].Text) != "line 5" {
		t.Error("erased lines are there:", found, err)
	}
	if digestOf(t, backupOf(t, s)) != digestOf(t, want) {
		t.Error("another store came out")
	}
}
