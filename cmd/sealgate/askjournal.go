package main

// This file is where the commands that read the journal ask, and since when.

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sealgate/config"
	"sealgate/internal/control"
	"sealgate/journal"
)

// commandJournal is the journal as commands use it.
type commandJournal struct {
	control.Journal
	record  journal.Recorder
	running bool // it is that of a gateway that runs
}

// erase removes all that names an address. The record of it does not name the address again.
func (j *commandJournal) erase(ctx context.Context, address string) (count int, err error) {
	change := journal.Change{By: commander(), What: "erase", Text: "all records that named an address"}
	err = j.record.Make(ctx, change, func() error {
		n, err := j.Erase(ctx, address)
		count = n
		return err
	})
	return count, err
}

// withJournal asks the running gateway when there is one, else opens the store.
func withJournal(path string, do func(ctx context.Context, j *commandJournal) error) error {
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if c, running := dial(cfg); running {
		return failed(do(ctx, &commandJournal{c, c.Record, true}))
	}
	if err := hasStore(cfg); err != nil {
		return failed(err)
	}
	return withStoreAtRest(ctx, cfg, func(_ keptStore, j *journal.Journal) error {
		return do(ctx, &commandJournal{j, recorder(j, cfg), false})
	})
}

// momentOf reads a TIME; none is the zero Time.
func momentOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var back config.Duration
	if back.UnmarshalText([]byte(text)) == nil {
		return now.Add(-time.Duration(back)), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 2026-11-29, \"2026-11-29 09:30\", "+
		"2026-11-29T09:30:00Z, 2h or 7d", text)
}
