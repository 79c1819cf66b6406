// How much of a processor a message takes that has unfolded.

package spool

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestUnfoldedRests: half of the time is for others.
func TestUnfoldedRests(t *testing.T) {
	s := newSpool(t, Options{}).Share()
	defer s.Close()
	if err := s.Unfold(t.Context(), 1<<20); err != nil {
		t.Fatal(err)
	}
	f := s.Create()
	defer f.Close()
	buf := make([]byte, 32<<10)
	if _, err := f.Write(buf); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := time.Now()
	before := threadTime(t)
	for time.Since(start) < 100*time.Millisecond {
		if _, err := f.ReadAt(buf, 0); err != nil {
			t.Fatal(err)
		}
	}
	worked := threadTime(t) - before
	if all := time.Since(start); worked > all*3/4 {
		t.Errorf("it works %v of %v", worked, all)
	}
}

// threadTime is the processor time that this thread has taken.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
