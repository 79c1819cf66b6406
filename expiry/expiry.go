// Package expiry writes to an admin before certificates end: those of our mailboxes, and those that rules
// name for domains, four times, those of recent correspondents once.
package expiry

// This file is the rounds: what is due, who tells it, and when it is told again.

import (
	"context"
	"errors"
	"time"
)

// How often certificates are looked at, and how soon again after a round that failed.
const (
	roundTime  = 6 * time.Hour
	failedTime = 2 * claimSlot // until then the claim of whoever failed has run out
)

// maxListed is how many certificates one mail lists: some pages.
const maxListed = 100

// Run looks at the certificates now and then, until ctx ends. It does nothing where nobody is told.
func (w *Watch) Run(ctx context.Context) {
	if len(w.To) == 0 {
		return
	}
	failed := failedTime
	for {
		wait := roundTime
		switch err := w.Round(ctx); {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrClaimed):
			wait = failedTime
		case err != nil:
			wait = failed
			failed = min(2*failed, roundTime)
			w.Log.Error("the mail about certificates that end was not sent; see [alerts]", "error", err, "again_in", wait)
		default:
			failed = failedTime
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Round tells what is due and was not told. What was handed over is recorded at once: who is killed
// in between tells it again, and nothing is lost.
func (w *Watch) Round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, claimTime)
	defer cancel()
	found, err := w.ending(ctx)
	if err != nil {
		return err
	}
	memory, err := newMemory(ctx, w.Store)
	if err != nil {
		return err
	}
	due := false
	for _, to := range w.To {
		left, err := memory.untold(ctx, to, found)
		if err != nil {
			return err
		}
		due = due || len(left) > 0
	}
	if !due {
		return nil
	}
	if err := memory.claim(ctx, w.Now()); err != nil {
		return err
	}
	var failed []error
	for _, to := range w.To {
		failed = append(failed, w.tell(ctx, memory, to, found))
	}
	return errors.Join(failed...)
}

// tell sends one recipient what he has not been told. What another gateway told him since it was looked
// at is left out: its claim has run out before ours began.
func (w *Watch) tell(ctx context.Context, memory *memory, to string, found []*ending) error {
	for {
		left, err := memory.untold(ctx, to, found)
		if err != nil || len(left) == 0 {
			return err
		}
		left = left[:min(len(left), maxListed)]
		mail, err := w.compose(to, left)
		if err != nil {
			return err
		}
		if err := w.HandOver(ctx, to, mail); err != nil {
			w.Failed.Add(1)
			return err
		}
		w.Sent.Add(1)
		w.Log.Info("told of certificates that end", "to", to, "certificates", len(left))
		if err := memory.record(ctx, to, left); err != nil {
			return err
		}
	}
}
