package main

// This file judges the keys of a configuration without its store.

import (
	"context"
	"log/slog"

	"sealgate/config"
	"sealgate/internal/control"
	"sealgate/internal/ownkeys"
	"sealgate/internal/x509cert"
)

// besideRunning tries keys, rules and roots alone, with the certificates that the running
// gateway knows.
func besideRunning(ctx context.Context, cfg *config.Config, client *control.Client) ([]*ownkeys.Key, error) {
	h := &house{cfg: cfg, log: slog.New(slog.DiscardHandler), others: client}
	running, err := client.Keys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range running {
		for _, der := range k.Chain {
			if c, err := x509cert.Parse(der); err == nil {
				h.known = append(h.known, c)
			}
		}
	}
	return h.judgedApart(ctx)
}

// judgedApart judges the keys of the configuration without the store.
func (h *house) judgedApart(ctx context.Context) ([]*ownkeys.Key, error) {
	boxes, _, err := mailboxes(h.cfg, h.log)
	if err != nil {
		return nil, err
	}
	h.asked = h.newSources(h.cfg)
	defer h.asked.Close()
	checker, roots, err := newChecker(h.cfg, h.asked, h.log)
	if err != nil {
		return nil, err
	}
	return newOwnKeys(boxes, checker, h.completer(roots)).fillBeforeUse(ctx).judged(ctx), nil
}
