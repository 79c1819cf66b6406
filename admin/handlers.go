package admin

// This file is what the operations have in common, and those that need no more.

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Options are the gateway behind it, and who may ask.
type Options struct {
	Gateway  Gateway
	Tokens   []Token
	Metrics  *Metrics
	Page     Page // what is no operation of the API; nil: there is nothing else
	CanSplit bool // outbound mail can leave in several copies
	Log      *slog.Logger
}

// Page is what browsers are answered with.
type Page interface {
	http.Handler
	// Close records what waits to be recorded. Nobody asks any more.
	Close()
}

// Fault is one thing that keeps the gateway from its work.
type Fault struct {
	Of  string // "store", "keys", "reload", "next hop", "disk"
	Why string
}

// handlers are the operations.
type handlers struct {
	Options
	wrong *rate.Limiter            // of tokens that are none
	asked map[string]*rate.Limiter // by the name of a token

	readiness readiness
}

// readyFor is how long an answer of /readyz holds: anybody may ask, and each look connects to the
// next hops.
const readyFor = 5 * time.Second

// readiness is the last look, and whoever asks meanwhile waits for it.
type readiness struct {
	mu     sync.Mutex
	at     time.Time
	faults []Fault
}

func (r *readiness) of(ctx context.Context, look func(context.Context) []Fault, log *slog.Logger) []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) > readyFor {
		r.faults = look(context.WithoutCancel(ctx))
		r.at = time.Now()
		for _, f := range r.faults {
			log.Warn("not ready", slog.String("of", f.Of), slog.String("why", f.Why))
		}
	}
	return r.faults
}

// mailboxes answers with our own.
func (h *handlers) mailboxes(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, struct {
		Mailboxes []Mailbox `json:"mailboxes"`
	}{append([]Mailbox{}, h.Gateway.Mailboxes.Mailboxes(r.Context())...)})
}

// attention answers with how the gateway does, and what somebody should look at.
func (h *handlers) attention(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, struct {
		Process
		Attention []Attention `json:"attention"`
	}{h.Gateway.Health.Process(), append([]Attention{}, h.Gateway.Health.Attention(r.Context())...)})
}

// health says that the process answers.
func (h *handlers) health(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether mail can be handled. Anybody may ask it, so it names the areas only; the
// causes stand in the log.
func (h *handlers) ready(w http.ResponseWriter, r *http.Request) {
	faults := h.readiness.of(r.Context(), h.Gateway.Health.Ready, h.Log)
	if len(faults) == 0 {
		write(w, http.StatusOK, map[string]any{"status": "ready", "faults": []string{}})
		return
	}
	var names []string
	for _, f := range faults {
		if !slices.Contains(names, f.Of) {
			names = append(names, f.Of)
		}
	}
	write(w, http.StatusServiceUnavailable, map[string]any{"status": "not ready", "faults": names})
}
