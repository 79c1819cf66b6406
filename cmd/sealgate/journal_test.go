package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sealgate/config"
)

// TestJournalPriorities: each level has its own, with attributes and groups too.
func TestJournalPriorities(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newJournalHandler(&out, func(w io.Writer) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
	}))
	log = log.With("a", 1).WithGroup("g")
	log.Error("one")
	log.Warn("two\nlines")
	log.Info("three", "b", 2)
	log.Debug("four")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%q", lines)
	}
	for i, prefix := range []string{"<3>", "<4>", "<6>", "<7>"} {
		if !strings.HasPrefix(lines[i], prefix+"time=") || !strings.Contains(lines[i], " a=1") {
			t.Errorf("%q, want %s", lines[i], prefix)
		}
	}
	if !strings.HasSuffix(lines[2], "g.b=2") {
		t.Errorf("%q", lines[2])
	}
}

// TestJournalOnly: a prefix goes to the journal's own stream, and nowhere else.
func TestJournalOnly(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var id syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &id); err != nil {
		t.Fatal(err)
	}
	for stream, want := range map[string]string{fmt.Sprintf("%d:%d", id.Dev, id.Ino): "<6>time=", "1:1": "time=", "": "time="} {
		t.Setenv("JOURNAL_STREAM", stream)
		if err := f.Truncate(0); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		newLogger(config.Log{}, f).Info("hello")
		got, err := os.ReadFile(f.Name())
		if err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%q: %q, %v", stream, got, err)
		}
	}
}
