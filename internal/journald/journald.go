// Package journald gives systemd's journal the priority of each line, so that
// "journalctl -p warning" finds what somebody has to look at.
package journald

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
)

// New is the handler of a log that is written to w: it is made anew for each priority where w is the
// stream to the journal.
func New(w io.Writer, handler func(io.Writer) slog.Handler) slog.Handler {
	if isJournal(w) {
		return newPriorityHandler(w, handler)
	}
	return handler(w)
}

// isJournal reports whether w is the stream to the journal that systemd has given us
// (JOURNAL_STREAM in systemd.exec(5)).
func isJournal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	id, ok := info.Sys().(*syscall.Stat_t)
	return ok && os.Getenv("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", id.Dev, id.Ino)
}

// priorityHandler has a handler for each priority, which puts it in front of its lines.
type priorityHandler struct {
	levels   []slog.Level // the highest first
	handlers []slog.Handler
}

// priorities are those of syslog(3) for our levels, as sd-daemon(3) writes them.
var priorities = []struct {
	level  slog.Level
	prefix string
}{
	{slog.LevelError, "<3>"},
	{slog.LevelWarn, "<4>"},
	{slog.LevelInfo, "<6>"},
	{slog.LevelDebug, "<7>"},
}

func newPriorityHandler(w io.Writer, handler func(io.Writer) slog.Handler) *priorityHandler {
	h := &priorityHandler{}
	for _, p := range priorities {
		h.levels = append(h.levels, p.level)
		h.handlers = append(h.handlers, handler(prefixed{w, p.prefix}))
	}
	return h
}

// Enabled implements slog.Handler.
func (h *priorityHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.handlers[0].Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *priorityHandler) Handle(ctx context.Context, r slog.Record) error {
	for i, level := range h.levels {
		if r.Level >= level {
			return h.handlers[i].Handle(ctx, r)
		}
	}
	return h.handlers[len(h.handlers)-1].Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *priorityHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.each(func(one slog.Handler) slog.Handler { return one.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h *priorityHandler) WithGroup(name string) slog.Handler {
	return h.each(func(one slog.Handler) slog.Handler { return one.WithGroup(name) })
}

func (h *priorityHandler) each(change func(slog.Handler) slog.Handler) slog.Handler {
	changed := &priorityHandler{levels: h.levels}
	for _, one := range h.handlers {
		changed.handlers = append(changed.handlers, change(one))
	}
	return changed
}

// prefixed writes the prefix and a line at once: other goroutines write, too.
type prefixed struct {
	w      io.Writer
	prefix string
}

// Write implements io.Writer.
func (p prefixed) Write(line []byte) (int, error) {
	n, err := p.w.Write(append([]byte(p.prefix), line...))
	return max(n-len(p.prefix), 0), err
}
