package admin

// This file is what the operations have in common.

import (
	"context"
	"log/slog"
	"net/http"
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
