// Package cputest lets tests bound the processor time of what they do, since the clock on
// the wall also counts what others do on the machine.
package cputest

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// AtMost fails t if do takes more processor time than most. It logs that time, and the
// memory that do turns over and leaves behind.
func AtMost(t *testing.T, name string, most time.Duration, do func()) {
	t.Helper()
	var before, after, collected runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := used(t)
	do()
	took := used(t) - start
	runtime.ReadMemStats(&after)
	runtime.GC()
	runtime.ReadMemStats(&collected)
	turned := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
	kept := float64(int64(collected.HeapAlloc)-int64(before.HeapAlloc)) / (1 << 20)
	t.Logf("%s: %v, %.1f MiB allocated, %.1f MiB kept", name, took.Round(time.Millisecond), turned, kept)
	if took > most {
		t.Errorf("%s: %v, at most %v", name, took, most)
	}
}

// used is what the process has used.
func used(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
