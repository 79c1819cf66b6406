package control

// This file is the gateway's end of the socket: it believes nothing of a request, be it
// too long, too slow, or no JSON.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/certadmin"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
)

// Server answers out of the running gateway.
type Server struct {
	Store   certadmin.Store
	Explain func(ctx context.Context, address string) ([]lookup.Candidate, error)
	Keys    func(ctx context.Context) []ownkeys.Summary
	Judge   func(ctx context.Context, to []string, msg io.Reader) (*Judgement, error)
	Lost    func() int64                                 // records of the journal
	Loaded  func() (at time.Time, fault string)          // the last time that the configuration was read
	Reload  func(by string) error                        // reads the configuration anew
	Count   func() int                                   // of the certificates whose keys the gateway holds
	Backup  func(ctx context.Context, w io.Writer) error // of Store, in clear
	Journal Journal
	Record  journal.Recorder
	Version string
	Started time.Time
	Log     *slog.Logger

	// RequestTime is how long a request may take to arrive, and a part of a backup to be
	// taken; 0 is requestTime.
	RequestTime time.Duration
}

func (s *Server) arrive() time.Duration { return cmp.Or(s.RequestTime, requestTime) }

// Start answers on l until the server that it returns is closed.
func (s *Server) Start(l net.Listener) *http.Server {
	arrive := s.arrive()
	h := &http.Server{
		Handler: s.handler(), MaxHeaderBytes: maxHeader, ReadTimeout: arrive, WriteTimeout: arrive + answerTime,
		IdleTimeout: arrive, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	go func() { _ = h.Serve(netutil.LimitListener(l, maxConnections)) }() // ends when it is closed
	return h
}

// question answers one request.
type question func(ctx context.Context, r *request) (answer, error)

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for path, ask := range map[string]question{
		pathStore: s.store, pathExplain: s.explain, pathKeys: s.keys, pathHealth: s.health,
		pathJournal: s.journal, pathReload: s.reload,
	} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, ask) })
	}
	mux.HandleFunc("POST "+pathBackup, s.backup)
	mux.HandleFunc("POST "+pathJudge, s.judge)
	return mux
}

// serve reads one request and writes its answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, ask question) {
	req, err := read(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		s.Log.Warn("control socket: a request cannot be read", "path", r.URL.Path, "error", err)
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	level := slog.LevelInfo
	if req.Method == "Find" { // who follows the journal asks each second
		level = slog.LevelDebug
	}
	s.Log.Log(r.Context(), level, "control socket", "path", r.URL.Path, "method", req.Method)
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	a, err := ask(ctx, req)
	if err != nil {
		a.NotFound = errors.Is(err, certstore.ErrNotFound)
		a.OtherState = errors.Is(err, certstore.ErrState)
		a.Refused = errors.Is(err, certstore.ErrRecord)
		a.Error = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // who asked may be gone
}

// read is one JSON object and nothing behind it.
func read(body io.Reader) (*request, error) {
	d := json.NewDecoder(body)
	var r *request
	if err := d.Decode(&r); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errors.New("null is no request")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more follows the request")
	}
	return r, nil
}

func (s *Server) explain(ctx context.Context, r *request) (a answer, err error) {
	a.Candidates, err = s.Explain(ctx, r.Address)
	return a, err
}

func (s *Server) keys(ctx context.Context, _ *request) (answer, error) {
	return answer{Keys: s.Keys(ctx)}, nil
}

func (s *Server) health(ctx context.Context, _ *request) (answer, error) {
	h := &Health{Version: s.Version, Started: s.Started, Keys: s.Count()}
	h.Reloaded, h.Reload = s.Loaded()
	h.Lost = s.Lost()
	if _, _, err := s.Store.List(ctx, "", 1); err != nil {
		h.Store = err.Error()
	}
	return answer{Health: h}, nil
}

func (s *Server) reload(_ context.Context, r *request) (answer, error) {
	return answer{}, s.Reload(r.By)
}

// store carries one call of Store out.
func (s *Server) store(ctx context.Context, r *request) (a answer, err error) {
	switch r.Method {
	case "Put":
		if r.Record == nil {
			return a, fmt.Errorf("%w: there is none", certstore.ErrRecord)
		}
		return a, s.Store.Put(ctx, r.Record)
	case "ByAddress":
		a.Records, err = s.Store.ByAddress(ctx, r.Address)
		return a, err
	case "ByIdentity":
		return single(s.Store.ByIdentity(ctx, r.Hash))
	case "ByFingerprint":
		return single(s.Store.ByFingerprint(ctx, r.Hash))
	case "List":
		if r.N < 1 || r.N > certadmin.MaxPage {
			return a, fmt.Errorf("%d records were asked for, an answer has 1 to %d", r.N, certadmin.MaxPage)
		}
		a.Records, a.Next, err = s.Store.List(ctx, r.Cursor, r.N)
		return a, err
	case "SetState":
		return a, s.Store.SetState(ctx, r.Hash, r.State, r.From...)
	case "Delete":
		return a, s.Store.Delete(ctx, r.Hash, r.From...)
	}
	return a, fmt.Errorf("unknown method %q", r.Method)
}

func single(r *certstore.Record, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return answer{Records: []*certstore.Record{r}}, nil
}
