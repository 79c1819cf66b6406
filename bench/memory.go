package main

// This file makes the memory table: the peak of the heap during one operation, each in a
// process of its own, on files, so that nothing else is counted.

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"sealgate/smime"
)

// gcPercent is Go's default; what is flat with it is flat.
const gcPercent = 100

// memory without arguments prints the table; with them it is one of its processes.
func memory(args []string) error {
	if len(args) == 3 {
		return memoryOf(args[0], args[1], args[2])
	}
	dir, err := os.MkdirTemp("", "sealgate-memory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	names := []string{"decrypt", "verify", "sign", "encrypt"}
	fmt.Printf("| size | %s |\n|---%s|\n", strings.Join(names, " | "), strings.Repeat("|---", len(names)))
	for _, size := range []int64{kib, 32 * kib, mib, 32 * mib, 1 << 30} {
		cells := []string{sizeName(int(size))}
		for _, name := range names {
			cmd := exec.Command(os.Args[0], "memory", name, fmt.Sprint(size), dir)
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return fmt.Errorf("%s of %s: %w", name, sizeName(int(size)), err)
			}
			cells = append(cells, strings.TrimSpace(string(out)))
		}
		fmt.Printf("| %s |\n", strings.Join(cells, " | "))
	}
	return nil
}

// memoryOf does one operation and prints the peak of the heap.
func memoryOf(name, sizeText, dir string) error {
	var size int64
	if _, err := fmt.Sscan(sizeText, &size); err != nil {
		return err
	}
	e, err := newEngine(kib)
	if err != nil {
		return err
	}
	content, err := contentFile(filepath.Join(dir, sizeText), size)
	if err != nil {
		return err
	}
	defer content.Close()
	in, err := smime.ParseEntity(content, size)
	if err != nil {
		return err
	}
	run, err := e.memoryOperation(name, in, filepath.Join(dir, "message"))
	if err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	runtime.GC()
	debug.FreeOSMemory()
	peak, err := watch(run)
	if err == nil {
		fmt.Printf("%.1f MiB", float64(peak)/mib)
	}
	return err
}

// memoryOperation prepares what is measured; messages go through a file.
func (e *engine) memoryOperation(name string, in *smime.Entity, path string) (func() error, error) {
	encrypt := func() (*smime.Entity, error) { return e.encryptEntity(in, "aes-256-gcm") }
	sign := func() (*smime.Entity, error) { return e.signEntity(in, false) }
	switch name {
	case "encrypt":
		return func() error { return deliver(encrypt()) }, nil
	case "sign":
		return func() error { return deliver(sign()) }, nil
	case "decrypt":
		return e.openFile(path, encrypt)
	case "verify":
		return e.openFile(path, sign)
	}
	return nil, fmt.Errorf("unknown operation %q", name)
}

// openFile writes what build makes into a file, and opens it.
func (e *engine) openFile(path string, build func() (*smime.Entity, error)) (func() error, error) {
	entity, err := build()
	if err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString("From: anna@kunde.example\r\nMIME-Version: 1.0\r\n")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(f, entity.Section())
	if err := closeBoth(entity, err); err != nil {
		return nil, err
	}
	return func() error {
		return closeBoth(f, e.open(f, n+int64(len("From: anna@kunde.example\r\nMIME-Version: 1.0\r\n"))))
	}, nil
}

// contentFile holds a MIME entity of the size; it is made once.
func contentFile(path string, size int64) (*os.File, error) {
	if f, err := os.Open(path); err == nil {
		return f, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriter(f)
	part := text(int(min(size, kib)))
	w.Write(part)
	lines := part[44:] // without the fields
	for left := size - int64(len(part)); left > 0; left -= int64(len(lines)) {
		w.Write(lines[:min(int64(len(lines)), left)])
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return f, nil
}

// watch samples the heap every millisecond while run works.
func watch(run func() error) (peak uint64, err error) {
	var done atomic.Bool
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		var m runtime.MemStats
		for last := false; !last; time.Sleep(time.Millisecond) {
			last = done.Load() // one more look after the end
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
	}()
	err = run()
	done.Store(true)
	<-finished
	return peak, err
}
