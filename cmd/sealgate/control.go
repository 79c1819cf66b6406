package main

// This file is the running gateway's socket, through which `sealgate cert`
// reaches a store that only one process can open.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"sealgate/certstore"
	"sealgate/config"
	"sealgate/gateway"
)

// controlSocket is where the socket lies: only the gateway's own user can reach it.
func controlSocket(cfg *config.Config) string {
	return filepath.Join(cfg.Server.DataDir, "control.sock")
}

// certificateStore is what the cert commands need, of a store at rest or of the
// running gateway.
type certificateStore interface {
	Put(ctx context.Context, r *certstore.Record) error
	ByAddress(ctx context.Context, address string) ([]*certstore.Record, error)
	ByIdentity(ctx context.Context, identity [32]byte) (*certstore.Record, error)
	ByFingerprint(ctx context.Context, fp [32]byte) (*certstore.Record, error)
	List(ctx context.Context, cursor string, n int) ([]*certstore.Record, string, error)
	SetState(ctx context.Context, identity [32]byte, s certstore.State) error
	Delete(ctx context.Context, identity [32]byte) error
}

// question is one call of certificateStore, answer its results.
type question struct {
	Method  string
	Record  *certstore.Record
	Address string
	Hash    [32]byte // identity or fingerprint
	Cursor  string
	N       int
	State   certstore.State
}

type answer struct {
	Records    []*certstore.Record
	Candidates []gateway.Candidate
	Next       string
	NotFound   bool
	Refused    bool // the store is well, and does not take the record
	Error      string
}

// maxQuestion bounds a request, in octets.
const maxQuestion = 4 << 20

// controlMode keeps every other user off the socket: who reaches it decides which
// certificates are trusted. (The umask of serve holds it until this is set.)
const controlMode = 0o600

// openControl serves the store on the socket until it is closed.
func (h *house) openControl() (*http.Server, error) {
	l, err := listen("unix:"+controlSocket(h.cfg), controlMode)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	s := &http.Server{Handler: http.HandlerFunc(h.control), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }() // ends when the gateway does
	return s, nil
}

func (h *house) control(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxQuestion)).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.log.Info("certificate store by socket", "method", q.Method)
	a, err := h.answer(r.Context(), q)
	a.Refused = errors.Is(err, certstore.ErrRecord)
	if a.NotFound = errors.Is(err, certstore.ErrNotFound); err != nil {
		a.Error = err.Error()
	}
	_ = json.NewEncoder(w).Encode(a) // who asked may be gone
}

// answer asks the engine what it would do, and the store for all else.
func (h *house) answer(ctx context.Context, q question) (a answer, err error) {
	if q.Method == "Candidates" {
		a.Candidates, err = h.engine.Load().Candidates(ctx, q.Address)
		return a, err
	}
	return ask(ctx, h.store, q)
}

// ask carries a question out.
func ask(ctx context.Context, s certificateStore, q question) (a answer, err error) {
	switch q.Method {
	case "Put":
		err = s.Put(ctx, q.Record)
	case "ByAddress":
		a.Records, err = s.ByAddress(ctx, q.Address)
	case "ByIdentity":
		return single(s.ByIdentity(ctx, q.Hash))
	case "ByFingerprint":
		return single(s.ByFingerprint(ctx, q.Hash))
	case "List":
		a.Records, a.Next, err = s.List(ctx, q.Cursor, q.N)
	case "SetState":
		err = s.SetState(ctx, q.Hash, q.State)
	case "Delete":
		err = s.Delete(ctx, q.Hash)
	default:
		err = fmt.Errorf("unknown method %q", q.Method)
	}
	return a, err
}

func single(r *certstore.Record, err error) (answer, error) {
	return answer{Records: []*certstore.Record{r}}, err
}

// remote is a certificateStore at the other end of the socket.
type remote struct{ client *http.Client }

func dial(socket string) remote {
	return remote{&http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}}
}

func (r remote) call(ctx context.Context, q question) (a answer, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/", bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return a, fmt.Errorf("running gateway: %w", err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return a, fmt.Errorf("running gateway: %w", err)
	}
	switch {
	case a.NotFound:
		return a, certstore.ErrNotFound
	case a.Refused:
		return a, fmt.Errorf("%w: %s", certstore.ErrRecord, a.Error)
	case a.Error != "":
		return a, errors.New(a.Error)
	}
	return a, nil
}

func (r remote) Put(ctx context.Context, rec *certstore.Record) error {
	_, err := r.call(ctx, question{Method: "Put", Record: rec})
	return err
}

func (r remote) ByAddress(ctx context.Context, address string) ([]*certstore.Record, error) {
	a, err := r.call(ctx, question{Method: "ByAddress", Address: address})
	return a.Records, err
}

func (r remote) ByIdentity(ctx context.Context, identity [32]byte) (*certstore.Record, error) {
	return r.one(ctx, question{Method: "ByIdentity", Hash: identity})
}

func (r remote) ByFingerprint(ctx context.Context, fp [32]byte) (*certstore.Record, error) {
	return r.one(ctx, question{Method: "ByFingerprint", Hash: fp})
}

func (r remote) one(ctx context.Context, q question) (*certstore.Record, error) {
	a, err := r.call(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.Records[0], nil
}

func (r remote) List(ctx context.Context, cursor string, n int) ([]*certstore.Record, string, error) {
	a, err := r.call(ctx, question{Method: "List", Cursor: cursor, N: n})
	return a.Records, a.Next, err
}

func (r remote) SetState(ctx context.Context, identity [32]byte, s certstore.State) error {
	_, err := r.call(ctx, question{Method: "SetState", Hash: identity, State: s})
	return err
}

func (r remote) Delete(ctx context.Context, identity [32]byte) error {
	_, err := r.call(ctx, question{Method: "Delete", Hash: identity})
	return err
}
