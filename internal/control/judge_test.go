package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func startJudge(t *testing.T, judge func(context.Context, []string, io.Reader) (*Judgement, error)) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Judge: judge, Log: slog.New(slog.DiscardHandler), RequestTime: time.Second}
	h := s.Start(l)
	t.Cleanup(func() { h.Close() })
	return client(t, path)
}

// TestJudgeTakesMessages: larger than a request may be, and slower, with its recipients; what the
// gateway cannot do is an error.
func TestJudgeTakesMessages(t *testing.T) {
	to := []string{"a&b@firma.example", "support@firma.example"}
	c := startJudge(t, func(_ context.Context, got []string, msg io.Reader) (*Judgement, error) {
		n, err := io.Copy(io.Discard, msg)
		if n != maxRequest+6 || !slices.Equal(got, to) {
			t.Errorf("%d octets, %v, for %q", n, err, got)
		}
		return &Judgement{Report: json.RawMessage(`{"signature":"none"}`), Drawing: "└─ text"}, err
	})
	slow, w := io.Pipe()
	go func() {
		for _, part := range []string{"a", "b", "c"} {
			time.Sleep(500 * time.Millisecond)
			_, _ = io.WriteString(w, part+"\n")
		}
		w.Close()
	}()
	j, err := c.Judge(context.Background(), to, io.MultiReader(strings.NewReader(strings.Repeat("x", maxRequest)), slow))
	if err != nil || j.Drawing != "└─ text" || string(j.Report) != `{"signature":"none"}` {
		t.Errorf("%+v, %v", j, err)
	}
	c = startJudge(t, func(context.Context, []string, io.Reader) (*Judgement, error) { return nil, errors.New("disk full") })
	if _, err := c.Judge(context.Background(), nil, strings.NewReader("x")); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("%v", err)
	}
}
