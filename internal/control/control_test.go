package control

// This file asks through a real socket: as a command does, and as an attacker would.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/certadmin"
	"sealgate/internal/ownkeys"
)

// fakeStore is a Store that holds one record and remembers the longest page.
type fakeStore struct {
	certadmin.Store
	record  *certstore.Record
	failure error
}

func (s *fakeStore) Put(_ context.Context, r *certstore.Record) error {
	s.record = r
	return nil
}

func (s *fakeStore) ByFingerprint(_ context.Context, fp [32]byte) (*certstore.Record, error) {
	if s.record == nil || s.record.Fingerprint != fp {
		return nil, certstore.ErrNotFound
	}
	return s.record, nil
}

func (s *fakeStore) List(_ context.Context, _ string, n int) ([]*certstore.Record, string, error) {
	return nil, fmt.Sprint(n), s.failure
}

// start is a server that gives a request as long as the product does.
func start(t *testing.T, store *fakeStore) (path string) {
	t.Helper()
	return startWith(t, store, requestTime)
}

// startHasty is a server that has less patience with slow clients than the product has.
func startHasty(t *testing.T) (path string) {
	t.Helper()
	return startWith(t, &fakeStore{}, 2*time.Second)
}

// startWith serves a store on a socket.
func startWith(t *testing.T, store *fakeStore, patience time.Duration) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "control.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Loaded: func() (time.Time, string) { return time.Time{}, "" },
		Lost:   func() int64 { return 7 },
		Reload: func(string) error { return errors.New("line 3: unknown") },
		Store:  store, Version: "v1", Started: time.Unix(1, 0), Log: slog.New(slog.DiscardHandler),
		RequestTime: patience,
		Keys: func(context.Context) []ownkeys.Summary {
			return []ownkeys.Summary{{Mailbox: []string{"a@example.org"}}}
		},
		Count: func() int { return 1 },
		Explain: func(_ context.Context, address string) ([]lookup.Candidate, error) {
			return []lookup.Candidate{{Reason: address}}, nil
		},
	}
	h := s.Start(l)
	t.Cleanup(func() { h.Close() })
	return path
}

func client(t *testing.T, path string) *Client {
	t.Helper()
	c, running := Dial(path)
	if !running {
		t.Fatal("nobody listens")
	}
	return c
}

// SetState implements certadmin.Store for its one record, which is blocked.
func (s *fakeStore) SetState(_ context.Context, _ [32]byte, _ certstore.State, from ...certstore.State) error {
	return certstore.CheckState(certstore.Blocked, from)
}

// Delete implements certadmin.Store for its one record, which is blocked.
func (s *fakeStore) Delete(_ context.Context, _ [32]byte, from ...certstore.State) error {
	return certstore.CheckState(certstore.Blocked, from)
}

// TestBlockIsNotUndone: the state that a decision is for goes over the socket, and so does the refusal.
func TestBlockIsNotUndone(t *testing.T) {
	c := client(t, start(t, &fakeStore{}))
	if err := c.SetState(t.Context(), [32]byte{1}, certstore.Active, certstore.Pending); !errors.Is(err, certstore.ErrState) {
		t.Errorf("of a pending one: %v", err)
	}
	if err := c.Delete(t.Context(), [32]byte{1}, certstore.Active); !errors.Is(err, certstore.ErrState) {
		t.Errorf("deleted as an active one: %v", err)
	}
	if err := c.Delete(t.Context(), [32]byte{1}, certstore.Blocked); err != nil {
		t.Errorf("deleted as a blocked one: %v", err)
	}
	if err := c.SetState(t.Context(), [32]byte{1}, certstore.Active, certstore.Blocked); err != nil {
		t.Errorf("of a blocked one: %v", err)
	}
	if err := c.SetState(t.Context(), [32]byte{1}, certstore.Active); err != nil {
		t.Errorf("of any: %v", err)
	}
}

func TestAsks(t *testing.T) {
	store := &fakeStore{}
	c := client(t, start(t, store))
	ctx := context.Background()
	fp := [32]byte{1}
	if _, err := c.ByFingerprint(ctx, fp); !errors.Is(err, certstore.ErrNotFound) {
		t.Errorf("an unknown record: %v", err)
	}
	if err := c.Put(ctx, &certstore.Record{Fingerprint: fp, Addresses: []string{"b@example.org"}}); err != nil {
		t.Fatal(err)
	}
	if r, err := c.ByFingerprint(ctx, fp); err != nil || r.Addresses[0] != "b@example.org" {
		t.Errorf("the record: %v, %v", r, err)
	}
	if list, err := c.Explain(ctx, "c@example.org"); err != nil || len(list) != 1 || list[0].Reason != "c@example.org" {
		t.Errorf("explain: %v, %v", list, err)
	}
	if keys, err := c.Keys(ctx); err != nil || len(keys) != 1 || keys[0].Mailbox[0] != "a@example.org" {
		t.Errorf("keys: %v, %v", keys, err)
	}
	if h, err := c.Health(ctx); err != nil || h.Version != "v1" || h.Keys != 1 || h.Store != "" {
		t.Errorf("health: %+v, %v", h, err)
	}
	store.failure = errors.New("disk is gone")
	if err := c.Reload(ctx, "command eva"); err == nil || err.Error() != "line 3: unknown" {
		t.Errorf("reload: %v", err)
	}
	if h, err := c.Health(ctx); err != nil || h.Store != "disk is gone" {
		t.Errorf("health of a store that fails: %+v, %v", h, err)
	}
}

func TestNobodyListens(t *testing.T) {
	if c, running := Dial(filepath.Join(t.TempDir(), "control.sock")); running {
		t.Errorf("%v listens", c)
	}
}

func TestPageIsBounded(t *testing.T) {
	c := client(t, start(t, &fakeStore{}))
	for n, fits := range map[int]bool{-1: false, 0: false, 1: true, certadmin.MaxPage: true, certadmin.MaxPage + 1: false} {
		if _, next, err := c.List(context.Background(), "", n); (err == nil) != fits || fits && next != fmt.Sprint(n) {
			t.Errorf("a page of %d: %q, %v", n, next, err)
		}
	}
}

// TestPutOfNothing: a record that is missing reaches no store.
func TestPutOfNothing(t *testing.T) {
	c := client(t, start(t, &fakeStore{}))
	if err := c.Put(context.Background(), nil); !errors.Is(err, certstore.ErrRecord) {
		t.Errorf("%v", err)
	}
}

// post sends a body as it is.
func post(t *testing.T, path, url string, body io.Reader) int {
	t.Helper()
	resp, err := client(t, path).http.Post("http://control"+url, "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestNotJSON(t *testing.T) {
	path := start(t, &fakeStore{})
	for _, body := range []string{
		"", "null", "[]", `"List"`, "\x00\xff", `{"Method":`, `{"Method":"List","N":"1"}`, `{} {}`, `{}]`,
		strings.Repeat("[", 100_000), `{"Hash":` + strings.Repeat("[", 100_000),
	} {
		if code := post(t, path, pathStore, strings.NewReader(body)); code != http.StatusBadRequest {
			t.Errorf("%.20q: %d", body, code)
		}
	}
	if _, err := client(t, path).Health(context.Background()); err != nil {
		t.Errorf("and then: %v", err)
	}
}

// TestTooLong: one octet more than a request may have is refused, and not read to its end.
func TestTooLong(t *testing.T) {
	path := start(t, &fakeStore{})
	fits := append([]byte(`{}`), bytes.Repeat([]byte(" "), maxRequest-2)...)
	if code := post(t, path, pathHealth, bytes.NewReader(fits)); code != http.StatusOK {
		t.Errorf("%d octets: %d", len(fits), code)
	}
	if code := post(t, path, pathHealth, bytes.NewReader(append(fits, ' '))); code != http.StatusBadRequest {
		t.Errorf("%d octets: %d", len(fits)+1, code)
	}
}

func TestOtherPathsAndVerbs(t *testing.T) {
	path := start(t, &fakeStore{})
	if code := post(t, path, "/debug/pprof/", strings.NewReader("{}")); code != http.StatusNotFound {
		t.Errorf("another path: %d", code)
	}
	resp, err := client(t, path).http.Get("http://control" + pathKeys)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", resp.StatusCode)
	}
}

// TestSlowClients: who sends a request octet by octet, in its header or its body, is cut
// off, and others are served meanwhile and after.
func TestSlowClients(t *testing.T) {
	path := startHasty(t)
	for _, begun := range []string{
		"", "POST /health HTTP/1.1\r\nHost: c", "POST /health HTTP/1.1\r\nHost: c\r\nContent-Length: 9\r\n\r\n{",
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, begun)
		if _, err := client(t, path).Health(context.Background()); err != nil {
			t.Errorf("beside a slow one: %v", err)
		}
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("%q is not cut off: %v", begun, err)
		}
	}
}

// TestManySlowClients: when all places are taken by clients that say nothing, the next
// one is served as soon as they have been cut off.
func TestManySlowClients(t *testing.T) {
	path := startHasty(t)
	for range maxConnections {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if _, err := client(t, path).Health(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestHostileServer: an answer that is no answer gives an error.
func TestHostileServer(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON": "x", "no record": "{}", "null": `{"Records":[null]}`, "two": `{"Records":[{},{}]}`,
	} {
		path := filepath.Join(t.TempDir(), "control.sock")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, body)
		})}
		go h.Serve(l)
		c := client(t, path)
		if r, err := c.ByIdentity(context.Background(), [32]byte{}); err == nil {
			t.Errorf("%s: %v", name, r)
		}
		if r, err := c.Health(context.Background()); err == nil {
			t.Errorf("%s: %v", name, r)
		}
		h.Close()
	}
}
