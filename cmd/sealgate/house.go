package main

// This file is the gateway that runs: what outlives a reload, and the engine that a reload replaces.

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/config"
	"sealgate/expiry"
	"sealgate/gateway"
	"sealgate/gateway/lookup"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
	"sealgate/proxy"
	"sealgate/spool"
	"sealgate/trust/revocation"
)

// house is what outlives a reload: store and spool, and the engine that is
// replaced as a whole.
type house struct {
	path    string // of cfg
	cfg     *config.Config
	log     *slog.Logger
	store   certstore.Store
	backup  func(context.Context, io.Writer) error // of the store, in clear
	asked   *revocation.Sources                    // of revocation
	spool   *spool.Spool
	journal *journal.Writer
	own     proxy.Own     // our connections to the next hops
	alerts  *expiry.Watch // tells before certificates end
	engine  atomic.Pointer[engine]

	known    []*x509.Certificate // of our chains: what a gateway that runs has found, for check
	others   ownkeys.Lister      // whose certificates bring authorities along; nil: nobody's
	probes   probes              // of directories
	reloaded chan struct{}       // tells watchKeys of another engine

	loading  sync.Mutex // one reload at a time
	loaded   atomic.Pointer[loaded]
	counters gateway.Counters
	metrics  *admin.Metrics // nil: nothing is counted
	services []service      // that are open
	failed   atomic.Int64   // reloads
}

// engine is what SIGHUP replaces: the gateway, and the keys that it has.
type engine struct {
	*gateway.Gateway
	options gateway.Options
	own     *ownKeys
	roots   []*x509.Certificate // of trust.roots and of the system
}

// service is one listener with the server behind it.
type service struct {
	listener net.Listener
	server   interface {
		Serve(net.Listener) error
		Shutdown(context.Context) error
	}
}

// loaded is how the last reading of the configuration went.
type loaded struct {
	at    time.Time
	fault string // "": it holds
}

// Process and NeedsBody ask the engine of the moment.
func (h *house) Process(ctx context.Context, env gateway.Envelope, msg *spool.File) (*gateway.Outcome, error) {
	return h.engine.Load().Process(ctx, env, msg)
}

func (h *house) NeedsBody(env gateway.Envelope) bool { return h.engine.Load().NeedsBody(env) }

// explain is which certificates of an address a mail to it would find now.
func (h *house) explain(ctx context.Context, address string) ([]lookup.Candidate, error) {
	return h.engine.Load().Explain(ctx, address)
}

// Capabilities asks the engine of the moment.
func (h *house) Capabilities(ctx context.Context, q gateway.Question) (*gateway.Capabilities, error) {
	return h.engine.Load().Capabilities(ctx, q)
}

func (h *house) lastLoad() (at time.Time, fault string) {
	l := h.loaded.Load()
	return l.at, l.fault
}
