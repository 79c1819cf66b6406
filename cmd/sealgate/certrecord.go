package main

// This file is the store of certificates as commands use it: each decision has its record before it
// is made, as over HTTP.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/config"
	"sealgate/internal/certadmin"
	"sealgate/journal"
)

// commandStore records who decides.
type commandStore struct {
	certadmin.Store
	record journal.Recorder
	roots  []string // files of trust.roots
}

// decisions are what brings a certificate into a state, as changes name it.
var decisions = map[certstore.State]string{
	certstore.Blocked: "block", certstore.Pinned: "pin", certstore.Active: "activate", certstore.Pending: "put off",
}

// SetState implements certadmin.Store.
func (s *commandStore) SetState(
	ctx context.Context, identity [32]byte, state certstore.State, from ...certstore.State,
) error {
	return s.decide(ctx, identity, decisions[state], func() error {
		return s.Store.SetState(ctx, identity, state, from...)
	})
}

// Put implements certadmin.Store. A certificate that was not known and brings a block, a pin or a
// wait along is decided over by that; any other one is counted in the record of its import.
func (s *commandStore) Put(ctx context.Context, r *certstore.Record) error {
	put := func() error { return s.Store.Put(ctx, r) }
	if r.State == certstore.Active {
		return put()
	}
	_, err := s.ByIdentity(ctx, r.Identity)
	switch {
	case err == nil:
		return put() // and the state that it has stays
	case !errors.Is(err, certstore.ErrNotFound):
		return err
	}
	return s.record.Make(ctx, journal.Change{
		By: commander(), What: decisions[r.State], Fingerprint: fmt.Sprintf("%x", r.Fingerprint), Addresses: r.Addresses,
		Text: "it was not known",
	}, put)
}

// Delete implements certadmin.Store.
func (s *commandStore) Delete(ctx context.Context, identity [32]byte, from ...certstore.State) error {
	return s.decide(ctx, identity, string(certadmin.Delete), func() error {
		return s.Store.Delete(ctx, identity, from...)
	})
}

func (s *commandStore) decide(ctx context.Context, identity [32]byte, what string, do func() error) error {
	r, err := s.ByIdentity(ctx, identity)
	if err != nil {
		return err
	}
	return s.record.Make(ctx, journal.Change{
		By: commander(), What: what, Fingerprint: fmt.Sprintf("%x", r.Fingerprint), Addresses: r.Addresses,
		Text: "it was " + string(r.State),
	}, do)
}

// runWithStore makes a command's RunE out of what it does with the store.
type runWithStore func(func(context.Context, *commandStore, []string) error) func(*cobra.Command, []string) error

// withStore asks the running gateway when there is one, else opens the store.
func withStore(path string, args []string, do func(context.Context, *commandStore, []string) error) error {
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err)
	}
	ctx := context.Background()
	if c, running := dial(cfg); running {
		return failed(do(ctx, &commandStore{c, c.Record, cfg.Trust.Roots}, args))
	}
	if _, err := os.Stat(cfg.Server.DataDir); errors.Is(err, fs.ErrNotExist) {
		return &failure{
			exitNotValid,
			fmt.Errorf("there is no store yet: the first serve makes data_dir, %s", cfg.Server.DataDir),
		}
	}
	return withStoreAtRest(ctx, cfg, func(store keptStore, j *journal.Journal) error {
		return do(ctx, &commandStore{store, recorder(j, cfg), cfg.Trust.Roots}, args)
	})
}

// each finds what WHICH means, does something to every record and shows it.
func each(ctx context.Context, s certadmin.Store, which []string, do func(*certstore.Record) error) error {
	return eachOf(ctx, s, which, func(r *certstore.Record) error {
		if err := do(r); err != nil {
			return err
		}
		fmt.Println(line(r))
		return nil
	})
}

// eachOf is each without a word of it.
func eachOf(ctx context.Context, s certadmin.Store, which []string, do func(*certstore.Record) error) error {
	for _, w := range which {
		list, err := certadmin.Find(ctx, s, w)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := do(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func line(r *certstore.Record) string {
	return fmt.Sprintf("%x  %-8s %-9s %s  %s", r.Fingerprint, r.State, r.Source,
		r.NotAfter.UTC().Format(time.DateOnly), strings.Join(r.Addresses, " "))
}
