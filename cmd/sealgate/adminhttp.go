package main

// This file opens the HTTP side, and says what it shows.

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
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

// openAdmin listens at admin.address; without one nothing does.
func (h *house) openAdmin() ([]service, error) {
	a := h.cfg.Admin
	if a.Address == "" {
		return nil, nil
	}
	encryption, err := serverTLS("admin", a.TLSCert, a.TLSKey)
	if err != nil {
		return nil, err
	}
	listener, err := listen(a.Address, socketMode)
	if err != nil {
		return nil, fmt.Errorf("admin.address %s: %w%s", a.Address, err, remedy(err))
	}
	if encryption != nil {
		encryption.NextProtos = []string{"http/1.1"}
		listener = tls.NewListener(listener, encryption)
	}
	o := admin.Options{Gateway: h.forAdmins(), Metrics: h.metrics, CanSplit: canSplit(h.cfg), Log: h.log}
	for _, t := range a.Token {
		o.Tokens = append(o.Tokens, admin.Token{Name: t.Name, Hash: t.Hash, Scope: t.Scope})
	}
	if len(a.Login) > 0 {
		o.Page = h.newPage(o.Gateway)
	}
	return []service{{listener, admin.New(o)}}, nil
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
	for _, err := range silentHops(ctx, h.cfg) {
		add("next hop", err)
	}
	return append(faults, h.endedKeys()...)
}

// silentHops is why mail cannot be handed over now, by next hop.
func silentHops(ctx context.Context, cfg *config.Config) (faults []error) {
	for _, l := range cfg.Listener {
		_, hop := nextHop(l)
		if hop == "" {
			continue
		}
		if _, err := newClient(hop, cfg).Offers(ctx); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// endedKeys are the mailboxes whose every certificate has ended.
func (h *house) endedKeys() (faults []admin.Fault) {
	ends := h.keysEnd()
	for _, mailbox := range slices.Sorted(maps.Keys(ends)) {
		if !time.Now().Before(ends[mailbox]) {
			faults = append(faults, admin.Fault{Of: "keys", Why: "every certificate of " + mailbox + " has ended"})
		}
	}
	return faults
}

// diskFull is nil while store and spool have room.
func (h *house) diskFull() error {
	for _, dir := range []string{h.cfg.Store.Dir, h.cfg.Spool.Dir} {
		if dir == "" || dir == h.cfg.Store.Dir && h.cfg.Store.Driver != config.Badger {
			continue
		}
		if err := certstore.Room(dir, minFree); err != nil {
			return err
		}
	}
	return nil
}
