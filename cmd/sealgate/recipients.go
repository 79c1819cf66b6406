package main

// This file is explain --to: which certificate a mail to somebody is encrypted for.

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"sealgate/config"
	"sealgate/gateway/lookup"
	"sealgate/internal/explain"
)

// explainRecipients asks the running gateway when there is one, else an engine of
// its own over the store at rest.
func explainRecipients(w io.Writer, path string, to []string) error {
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err)
	}
	candidates, done, err := candidates(cfg)
	if err != nil {
		return unreadable(err)
	}
	defer done()
	missing := 0
	for _, addr := range to {
		list, err := candidates(addr)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", addr, err))
		}
		if !explain.Candidates(w, addr, list) {
			missing++
		}
	}
	if missing > 0 {
		return failed(fmt.Errorf("%d of %d addresses have no usable certificate", missing, len(to)))
	}
	return nil
}

// candidates is who answers, and what is to be done in the end.
func candidates(cfg *config.Config) (ask func(string) ([]lookup.Candidate, error), done func(), err error) {
	ctx := context.Background()
	if c, running := dial(cfg); running {
		ask = func(addr string) ([]lookup.Candidate, error) { return c.Explain(ctx, addr) }
		return ask, func() {}, nil
	}
	h, err := build(cfg, 0)
	if err != nil {
		return nil, nil, err
	}
	h.log = slog.New(slog.DiscardHandler)
	ask = func(addr string) ([]lookup.Candidate, error) { return h.explain(ctx, addr) }
	return ask, h.closeStore, nil
}
