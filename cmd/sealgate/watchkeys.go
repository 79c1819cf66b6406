package main

// This file is the keys of the gateway that runs: judged each day, with chains that are completed when
// they can be.

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"sealgate/gateway"
	"sealgate/internal/ownkeys"
	"sealgate/keyring"
)

// How often keys are looked at.
const (
	lookAgain   = 24 * time.Hour
	chainsAgain = 15 * time.Minute // while a chain is not complete
)

// completer completes chains with what the gateway knows and may ask.
func (h *house) completer(roots []*x509.Certificate) *ownkeys.Completer {
	return &ownkeys.Completer{
		Authorities: h.asked, Known: slices.Concat(roots, h.known), Store: h.others, Cache: h.store, Now: time.Now,
	}
}

// watchKeys judges the keys at start, after each reload and each day, until ctx ends. An
// authority's host that was dead at start is asked again.
func (h *house) watchKeys(ctx context.Context) {
	log := &ownkeys.Log{Log: h.log}
	for {
		e := h.engine.Load()
		log.Tell(e.own.judged(ctx))
		wait := lookAgain
		if !e.own.complete() {
			wait = chainsAgain
		}
		select {
		case <-ctx.Done():
			return
		case <-h.reloaded:
			log = &ownkeys.Log{Log: h.log} // an admin who reloads wants to read it
		case <-time.After(wait):
			h.completeAgain(ctx, e)
		}
	}
}

// tellReloaded wakes watchKeys up.
func (h *house) tellReloaded() {
	select {
	case h.reloaded <- struct{}{}:
	default: // it has not seen the last time yet
	}
}

// completeAgain looks for what is missing, and replaces the engine when it is found. Mail
// that is under way keeps the old one; a reload in between wins.
func (h *house) completeAgain(ctx context.Context, old *engine) {
	ctx, cancel := context.WithTimeout(ctx, judgeTime)
	defer cancel()
	boxes, defaults := cloned(old.own.boxes, old.options.Defaults)
	own := &ownKeys{
		boxes: boxes, keys: ownkeys.Keys(boxes), completer: old.own.completer, judge: old.own.judge,
	}
	if !own.fill(ctx) {
		return
	}
	o := old.options
	o.Ring = keyring.NewRing(boxes)
	o.Defaults = defaults
	g, err := gateway.New(o)
	if err != nil {
		h.log.Error("a completed chain cannot be used", "error", err)
		return
	}
	if h.engine.CompareAndSwap(old, &engine{g, o, own, old.roots}) {
		h.log.Info("chains of our keys were completed")
	}
}

// cloned are mailboxes whose credentials may be changed, while the old ones are in use.
func cloned(
	old []*keyring.Mailbox,
	defaults map[*keyring.Mailbox]gateway.Demand,
) (boxes []*keyring.Mailbox, demands map[*keyring.Mailbox]gateway.Demand) {
	demands = map[*keyring.Mailbox]gateway.Demand{}
	for _, b := range old {
		box := *b
		box.Credentials = nil
		for _, c := range b.Credentials {
			credential := *c
			box.Credentials = append(box.Credentials, &credential)
		}
		boxes = append(boxes, &box)
		demands[&box] = defaults[b]
	}
	return boxes, demands
}

// keys are what the control socket tells of the engine of the moment.
func (h *house) keys(ctx context.Context) []ownkeys.Summary {
	return ownkeys.Summarize(h.engine.Load().own.judged(ctx))
}

func (h *house) countKeys() int { return len(h.engine.Load().own.keys) }

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
