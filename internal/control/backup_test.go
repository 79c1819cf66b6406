package control

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startBackup serves what backup writes on a socket with a little patience.
func startBackup(t *testing.T, backup func(context.Context, io.Writer) error) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Backup: backup, Log: slog.New(slog.DiscardHandler), RequestTime: time.Second}
	h := s.Start(l)
	t.Cleanup(func() { h.Close() })
	return client(t, path)
}

// TestBackupTakesItsTime: one that takes longer than any answer may is whole.
func TestBackupTakesItsTime(t *testing.T) {
	part := bytes.Repeat([]byte("x"), 100_000)
	c := startBackup(t, func(ctx context.Context, w io.Writer) error {
		for range 6 {
			if _, err := w.Write(part); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(500 * time.Millisecond):
			}
		}
		return nil
	})
	var out bytes.Buffer
	if err := c.Backup(context.Background(), &out); err != nil || out.Len() != 6*len(part) {
		t.Errorf("%d octets, %v", out.Len(), err)
	}
}

// TestBackupBrokenOff: what the gateway could not finish is not taken for a whole one.
func TestBackupBrokenOff(t *testing.T) {
	for name, text := range map[string]string{"at once": "", "in the middle": strings.Repeat("x", 1<<20)} {
		c := startBackup(t, func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, errors.New("a table is rotten"))
		})
		if err := c.Backup(context.Background(), io.Discard); err == nil {
			t.Errorf("%s: it passes for a whole one", name)
		}
	}
	if err := startBackup(t, nil).Backup(context.Background(), io.Discard); err == nil {
		t.Error("a store without a backup has one")
	}
}

// stuck takes nothing.
type stuck struct{ end chan struct{} }

func (s stuck) Write([]byte) (int, error) {
	<-s.end
	return 0, errors.New("stuck")
}

// TestBackupOfASlowReader: who does not take his backup does not hold the snapshot.
func TestBackupOfASlowReader(t *testing.T) {
	ended := make(chan error, 1)
	c := startBackup(t, func(_ context.Context, w io.Writer) error {
		part := make([]byte, 1<<20)
		for {
			if _, err := w.Write(part); err != nil {
				ended <- err
				return err
			}
		}
	})
	reader := stuck{make(chan struct{})}
	defer close(reader.end)
	go func() { _ = c.Backup(context.Background(), reader) }() // ends with the reader
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the snapshot is still held")
	}
}
