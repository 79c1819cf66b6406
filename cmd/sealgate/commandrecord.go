package main

// This file records what commands change: who runs them, and how a store at rest keeps it.

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/user"

	"sealgate/config"
	"sealgate/journal"
)

// commander is who runs this, as he says: whoever can do it at all is the gateway's user, or root.
func commander() string {
	name := fmt.Sprintf("user %d", os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return "command " + cmp.Or(os.Getenv("SUDO_USER"), name)
}

// recorder keeps changes as journal.detail has it.
func recorder(j *journal.Journal, cfg *config.Config) journal.Recorder {
	return func(ctx context.Context, c journal.Change) error { return j.Keep(ctx, c, cfg.Journal.Detail) }
}

// recordMade records in a store how it was made: there was none before to keep the record.
func recordMade(ctx context.Context, cfg *config.Config, what, text string) error {
	err := keepMade(ctx, cfg, journal.Change{By: commander(), What: what, Text: text})
	if err != nil {
		return fmt.Errorf("it is done, but could not be recorded: %w", err)
	}
	return nil
}

func keepMade(ctx context.Context, cfg *config.Config, c journal.Change) error {
	store, err := openStore(cfg, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer store.Close()
	j, err := journal.Open(ctx, store)
	if err != nil {
		return err
	}
	return recorder(j, cfg)(ctx, c)
}
