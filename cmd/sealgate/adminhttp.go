package main

// This file opens the HTTP side, and says what it shows.

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/config"
	"sealgate/gateway"
)

// Bounds of what readiness wants.
const (
	minFree     = 64 << 20 // octets of disk: the store stops writing at 16 MiB
	readyAnswer = 2 * time.Second
)

// observe counts a message where somebody may ask.
func (h *house) observe(e *gateway.Entry) {
	if h.metrics != nil {
		h.metrics.Observe(e)
	}
}

// openAdmin listens at admin.address; without one nothing does.
func (h *house) openAdmin() ([]service, error) {
	a := h.cfg.Admin
	if a.Address == "" {
		return nil, nil
	}
	listener, err := h.listenAdmin()
	if err != nil {
		return nil, fmt.Errorf("admin.address %s: %w%s", a.Address, err, remedy(err))
	}
	h.metrics = admin.NewMetrics(admin.Gauges{
		SpoolOctets:    h.spool.Used,
		ClearReplies:   h.counters.RepliesInClear.Load,
		ReloadFailures: h.failed.Load,
		KeysEnd:        h.keysEnd,
		Version:        version(),
	})
	o := admin.Options{Engine: h, Ready: h.notReady, Metrics: h.metrics, CanSplit: canSplit(h.cfg), Log: h.log}
	for _, t := range a.Token {
		o.Tokens = append(o.Tokens, admin.Token{Name: t.Name, Hash: t.Hash, Scope: t.Scope})
	}
	return []service{{listener, admin.New(o)}}, nil
}

func (h *house) listenAdmin() (net.Listener, error) {
	a := h.cfg.Admin
	if a.TLSCert == "" {
		return listen(a.Address, socketMode)
	}
	cert, err := tls.LoadX509KeyPair(a.TLSCert, a.TLSKey)
	if err != nil {
		return nil, err
	}
	plain, err := listen(a.Address, socketMode)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(plain, &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}), nil
}

// canSplit reports whether every outbound listener can send several copies: only then may an
// answer count on it.
func canSplit(cfg *config.Config) bool {
	return !slices.ContainsFunc(cfg.Listener, func(l config.Listener) bool {
		return l.Direction != gateway.Inbound && l.Protocol == config.Milter && l.Reinject == ""
	})
}

// Capabilities asks the engine of the moment.
func (h *house) Capabilities(ctx context.Context, q gateway.Question) (*gateway.Capabilities, error) {
	return h.engine.Load().Capabilities(ctx, q)
}

// keysEnd is when the newest certificate of each mailbox ends.
func (h *house) keysEnd() map[string]time.Time {
	ends := make(map[string]time.Time)
	for _, k := range h.engine.Load().own.keys {
		mailbox := strings.Join(k.Mailbox.Addresses, " ")
		if end := k.Credential.Certificate.NotAfter; end.After(ends[mailbox]) {
			ends[mailbox] = end
		}
	}
	return ends
}

// notReady is what keeps the gateway from its work.
func (h *house) notReady(ctx context.Context) (faults []admin.Fault) {
	ctx, cancel := context.WithTimeout(ctx, readyAnswer)
	defer cancel()
	add := func(of string, err error) {
		if err != nil {
			faults = append(faults, admin.Fault{Of: of, Why: err.Error()})
		}
	}
	_, err := h.store.Secret(ctx)
	add("store", err)
	add("disk", h.diskFull())
	if _, fault := h.lastLoad(); fault != "" {
		faults = append(faults, admin.Fault{Of: "reload", Why: fault})
	}
	for _, l := range h.cfg.Listener {
		if _, hop := nextHop(l); hop != "" {
			_, err := newClient(hop, h.cfg).Offers(ctx)
			add("next hop", err)
		}
	}
	return append(faults, h.endedKeys()...)
}

// endedKeys are the mailboxes whose every certificate has ended, or that have none.
func (h *house) endedKeys() (faults []admin.Fault) {
	has := make(map[string]bool)
	for mailbox, end := range h.keysEnd() {
		has[mailbox] = time.Now().Before(end)
	}
	for mailbox, valid := range has {
		if !valid {
			faults = append(faults, admin.Fault{Of: "keys", Why: "every certificate of " + mailbox + " has ended"})
		}
	}
	return faults
}

// diskFull is nil while store and spool have room.
func (h *house) diskFull() error {
	for _, dir := range []string{h.cfg.Store.Dir, h.cfg.Spool.Dir} {
		if dir == "" {
			continue
		}
		if err := certstore.Room(dir, minFree); err != nil {
			return err
		}
	}
	return nil
}
