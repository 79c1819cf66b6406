package main

// This file is the store of certificates as commands use it: each decision has its record before it
// is made, as over HTTP.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
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

// commander is who runs this, as he says: whoever can do it at all is the gateway's user, or root.
func commander() string {
	name := fmt.Sprintf("user %d", os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return "command " + cmp.Or(os.Getenv("SUDO_USER"), name)
}

// SetState implements certadmin.Store.
func (s *commandStore) SetState(
	ctx context.Context, identity [32]byte, state certstore.State, from ...certstore.State,
) error {
	words := map[certstore.State]string{
		certstore.Blocked: "block", certstore.Pinned: "pin", certstore.Active: "activate", certstore.Pending: "put off",
	}
	return s.decide(ctx, identity, words[state], func() error { return s.Store.SetState(ctx, identity, state, from...) })
}

// Delete implements certadmin.Store.
func (s *commandStore) Delete(ctx context.Context, identity [32]byte, from ...certstore.State) error {
	return s.decide(ctx, identity, string(certadmin.Delete), func() error { return s.Store.Delete(ctx, identity, from...) })
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
	store, err := openStore(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return unreadable(err)
	}
	defer store.Close()
	j, err := journal.Open(ctx, store)
	if err != nil {
		return failed(err)
	}
	record := func(ctx context.Context, c journal.Change) error { return j.Keep(ctx, c, cfg.Journal.Detail) }
	return failed(do(ctx, &commandStore{store, record, cfg.Trust.Roots}, args))
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
