package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sealgate/config"
)

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
