package main

// This file is what keeps the gateway from its work.

import (
	"context"
	"maps"
	"slices"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/config"
)

// Bounds of what readiness wants.
const (
	minFree     = 64 << 20 // octets of disk: the store stops writing at 16 MiB
	readyAnswer = 2 * time.Second
)

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
