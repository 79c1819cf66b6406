package spool

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

func newSpool(t *testing.T, o Options) *Spool {
	t.Helper()
	o.Dir = t.TempDir()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	s := newSpool(t, Options{Memory: 1000, Limit: 10 << 20})
	t.Run("secret", func(t *testing.T) { writtenIsRead(t, s, s.Create) })
	t.Run("public", func(t *testing.T) { writtenIsRead(t, s, s.CreatePublic) })
}

func writtenIsRead(t *testing.T, s *Spool, create func() *File) {
	for _, size := range []int{0, 1, 999, 1000, 1001, 16 << 10, chunk - 1, chunk, chunk + 17, 3*chunk + 5} {
		want := make([]byte, size)
		rand.Read(want)
		f := create()
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 777)
			if _, err := f.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		got, err := io.ReadAll(f.NewReader())
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("size %d: err %v, equal %v", size, err, bytes.Equal(got, want))
		}
		for off := 0; off < size; off += 1 + size/13 {
			p := make([]byte, min(33, size-off))
			if _, err := f.ReadAt(p, int64(off)); err != nil && err != io.EOF || !bytes.Equal(p, want[off:off+len(p)]) {
				t.Fatalf("size %d offset %d: %v", size, off, err)
			}
		}
		if f.Size() != int64(size) || s.Used() != int64(size) {
			t.Errorf("size %d, used %d, want %d", f.Size(), s.Used(), size)
		}
		for range 2 {
			if err := f.Close(); err != nil || s.Used() != 0 {
				t.Errorf("after Close: %v, %d octets are still counted", err, s.Used())
			}
		}
		if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, ErrClosed) {
			t.Errorf("ReadAt after Close: %v", err)
		}
	}
}

func TestLimitIsExact(t *testing.T) {
	s := newSpool(t, Options{Memory: 10, Limit: 100})
	a, b := s.Create(), s.Create()
	defer a.Close()
	if _, err := a.Write(make([]byte, 60)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Write(make([]byte, 41)); !errors.Is(err, ErrFull) {
		t.Errorf("one octet above the limit: %v", err)
	}
	if _, err := b.Write(make([]byte, 40)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	b.Close()
	if s.Used() != 60 {
		t.Errorf("used %d, want 60", s.Used())
	}
}

func TestNoPlaintextAndNoNameOnDisk(t *testing.T) {
	s := newSpool(t, Options{Memory: 16})
	f := s.Create()
	defer f.Close()
	secret := bytes.Repeat([]byte("a very secret sentence "), 10000)
	if _, err := f.Write(secret); err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(s.o.Dir); err != nil || len(list) != 0 {
		t.Errorf("the file has a name: %v %v", list, err)
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", f.disk.Fd()))
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	if len(raw) != len(secret)-16 || bytes.Contains(raw, []byte("secret")) {
		t.Errorf("%d octets on disk, plaintext among them: %v", len(raw), bytes.Contains(raw, []byte("secret")))
	}
}

// TestMemoryIsBounded: beyond an eighth of the limit, everything is on disk.
func TestMemoryIsBounded(t *testing.T) {
	s := newSpool(t, Options{Memory: 3 * piece, Limit: 8 * 4 * piece})
	want := make([]byte, 3*piece)
	rand.Read(want)
	var files []*File
	for i, kept := range []int64{3 * piece, piece, 0} {
		f := s.Create()
		if _, err := f.Write(want); err != nil || f.kept != kept || (f.disk == nil) != (kept == 3*piece) {
			t.Errorf("file %d keeps %d octets in memory, want %d; %v", i, f.kept, kept, err)
		}
		files = append(files, f)
	}
	for _, f := range files {
		got, err := io.ReadAll(f.NewReader())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v, equal %v", err, bytes.Equal(got, want))
		}
		f.Close()
	}
	if s.held.Load() != 0 {
		t.Errorf("%d octets of memory are still held", s.held.Load())
	}
}

// TestMemoryIsWiped: what a File had in memory is gone before another gets it.
func TestMemoryIsWiped(t *testing.T) {
	s := newSpool(t, Options{})
	f := s.Create()
	f.Write(bytes.Repeat([]byte("secret"), 10000))
	pieces := f.memory
	f.Close()
	for _, m := range pieces {
		if bytes.Contains(m[:], []byte("secret")) {
			t.Error("plaintext is left in memory")
		}
	}
}

func TestManyReaders(t *testing.T) {
	s := newSpool(t, Options{Memory: 16})
	f := s.Create()
	defer f.Close()
	want := make([]byte, 1<<20)
	rand.Read(want)
	f.Write(want)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := io.ReadAll(f.NewReader()); err != nil || !bytes.Equal(got, want) {
				t.Error("a reader beside others got something else:", err)
			}
		})
	}
	wg.Wait()
}

// TestCloseBesideReaders: a reader gets its own message or ErrClosed, never what
// another File has put into the same memory since.
func TestCloseBesideReaders(t *testing.T) {
	const size = 64 * piece // long enough for Close to come while it is copied
	s := newSpool(t, Options{})
	for range 8 {
		f := s.Create()
		f.Write(bytes.Repeat([]byte{'a'}, size))
		var started, ended sync.WaitGroup
		started.Add(2)
		for range 2 {
			ended.Go(func() {
				p := make([]byte, size)
				started.Done()
				for {
					n, err := f.ReadAt(p, 0)
					if errors.Is(err, ErrClosed) {
						return
					}
					if err != nil || bytes.Count(p[:n], []byte{'a'}) != size {
						t.Error("not the File's own octets:", err)
						return
					}
				}
			})
		}
		started.Wait()
		time.Sleep(200 * time.Microsecond)
		f.Close()
		other := s.Create()
		other.Write(bytes.Repeat([]byte{'b'}, size))
		ended.Wait()
		other.Close()
	}
}

// TestBeginsAnewAfterAFailedWrite: what was written before the fault stays, and
// what follows it is encrypted at the right place.
func TestBeginsAnewAfterAFailedWrite(t *testing.T) {
	s := newSpool(t, Options{Memory: 10})
	f := s.Create()
	defer f.Close()
	want := make([]byte, 1000)
	rand.Read(want)
	if _, err := f.Write(want[:501]); err != nil {
		t.Fatal(err)
	}
	good := f.disk
	broken, err := os.Open(os.DevNull) // not open for writing
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	f.disk = broken
	if n, err := f.Write(want[501:]); n != 0 || err == nil {
		t.Errorf("a write that cannot be done: %d, %v", n, err)
	}
	if f.disk = good; s.Used() != 501 {
		t.Errorf("%d octets counted, want 501", s.Used())
	}
	if _, err := f.Write(want[501:]); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f.NewReader()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, equal %v", err, bytes.Equal(got, want))
	}
}

// TestMemoryIsFlat: 256 MiB through a File grow the heap by its memory part only.
func TestMemoryIsFlat(t *testing.T) {
	s := newSpool(t, Options{Memory: 1 << 20})
	f := s.Create()
	defer f.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p := make([]byte, 1<<20)
	for range 256 {
		if _, err := f.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := io.Copy(io.Discard, f.NewReader()); err != nil || n != 256<<20 {
		t.Fatal(n, err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap grew by %d octets", grown)
	}
}

func BenchmarkWriteRead(b *testing.B) {
	s, err := New(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	p := make([]byte, 64<<10)
	b.SetBytes(25 << 20)
	for b.Loop() {
		f := s.Create()
		for range 25 << 20 / len(p) {
			f.Write(p)
		}
		io.Copy(io.Discard, f.NewReader())
		f.Close()
	}
}

// TestUnfoldingTakesTurns: what the compressed layers of all messages become has a quarter
// of the limit together. Who finds it taken waits, and has it until its share is closed.
func TestUnfoldingTakesTurns(t *testing.T) {
	const limit = 1 << 20
	s := newSpool(t, Options{Limit: limit})
	first, second := s.Share(), s.Share()
	for range 2 { // a second layer has what the first one took
		if err := first.Unfold(t.Context(), 10*limit); err != nil {
			t.Fatal(err)
		}
	}
	late, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := second.Unfold(late, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beside one that has all: %v", err)
	}
	if err := s.Unfold(t.Context(), limit); err != nil {
		t.Errorf("what is no share: %v", err)
	}
	end, err := first.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range turns() - 1 {
		if _, err := first.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := first.Turn(late); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one turn more: %v", err)
	}
	if _, err := second.Turn(late); err != nil {
		t.Errorf("what has unfolded nothing waits for its turn: %v", err)
	}
	end()
	if _, err := first.Turn(t.Context()); err != nil {
		t.Errorf("after another's turn: %v", err)
	}
	first.Close()
	first.Close()
	for _, n := range []int64{limit/messageShare - 1, 1} {
		share := s.Share()
		if err := share.Unfold(t.Context(), n); err != nil {
			t.Errorf("%d octets after it: %v", n, err)
		}
		defer share.Close()
	}
}
