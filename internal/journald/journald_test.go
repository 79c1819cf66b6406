package journald

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
)

// TestJournalPriorities: each level has its own, with attributes and groups too.
func TestJournalPriorities(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newPriorityHandler(&out, func(w io.Writer) slog.Handler {
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
