package main

// This file is store restore.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/certstore/postgres"
	"sealgate/config"
	"sealgate/internal/sealed"
)

func restoreCommand(with runWithConfig) *cobra.Command {
	r := &restore{}
	c := &cobra.Command{
		Use:   "restore [--passphrase-file FILE | --identity FILE] [--aside] FILE",
		Short: "make the store out of a backup: all of it or nothing; the gateway is stopped",
		Args:  cobra.ExactArgs(1),
		RunE:  with(r.run),
	}
	passphraseFlag(c, &r.passphraseFile)
	c.Flags().StringVar(&r.identity, "identity", "", "secret key of age-keygen, FILE, of a backup made for a recipient")
	c.Flags().BoolVar(&r.aside, "aside", false, "move the store that is there aside, and say where it is")
	c.MarkFlagsMutuallyExclusive("passphrase-file", "identity")
	return c
}

// restore is one backup to be restored.
type restore struct {
	passphraseFile string
	identity       string
	aside          bool
}

func (r *restore) run(cfg *config.Config, args []string) error {
	if err := atRest(cfg); err != nil {
		return err
	}
	f, err := os.Open(args[0])
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	keys, done, err := r.keys(args[0])
	if err != nil {
		return err
	}
	defer done()
	in, err := sealed.Decrypt(f, keys)
	if err != nil {
		return unrestored(args[0], err)
	}
	if cfg.Store.Driver == config.Postgres {
		err = r.putPostgres(cfg, args[0], in)
	} else {
		err = r.putBadger(cfg, args[0], in)
	}
	if err != nil {
		return err
	}
	return recordMade(context.Background(), cfg, "restore", fmt.Sprintf("out of %q", args[0]))
}

// putBadger restores into the embedded store.
func (r *restore) putBadger(cfg *config.Config, source string, in io.Reader) error {
	options, err := badgerOptions(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return unreadable(err)
	}
	return r.put(options, source, in)
}

// keys are what opens the backup; done closes the identity's file.
func (r *restore) keys(source string) (keys sealed.Keys, done func(), err error) {
	if r.identity == "" {
		word, err := passphrase(r.passphraseFile, source)
		return sealed.Keys{Passphrase: word}, func() {}, err
	}
	f, err := os.Open(r.identity)
	if err != nil {
		return keys, nil, unreadable(err)
	}
	return sealed.Keys{Identities: f}, func() { f.Close() }, nil
}

// put restores, into an empty place or over a store that goes aside.
func (r *restore) put(o certstore.BadgerOptions, source string, in io.Reader) error {
	ctx := context.Background()
	sum, err := certstore.RestoreBadger(ctx, o, in)
	occupied := errors.Is(err, certstore.ErrOccupied) // and nothing of in has been read
	aside := o.Dir + time.Now().UTC().Format(".20060102T150405.000Z")
	switch {
	case occupied && r.aside:
		sum, err = certstore.RestoreBadgerOver(ctx, o, in, aside)
	case occupied:
		return fmt.Errorf("%w, and nothing is merged into it: --aside moves it away and restores in its place", err)
	}
	if err != nil {
		return unrestored(source, err)
	}
	fmt.Printf("restored: %s\n", sum)
	if occupied {
		fmt.Printf("the store that was there is in %s\n", aside)
	}
	return nil
}

// putPostgres restores into a database, which is empty: what is there is the admin's to move away.
func (r *restore) putPostgres(cfg *config.Config, source string, in io.Reader) error {
	if r.aside {
		return unreadable(errors.New("--aside is of the embedded store: give store.url another schema or database"))
	}
	options, err := postgresOptions(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	sum, err := restorePostgres(context.Background(), options, in)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	fmt.Printf("restored: %s\n", sum)
	return nil
}

// restorePostgres makes a store in an empty database, and says what to do when that fails.
func restorePostgres(ctx context.Context, o postgres.Options, in io.Reader) (*certstore.Summary, error) {
	sum, err := postgres.Restore(ctx, o, in)
	switch {
	case errors.Is(err, certstore.ErrOccupied):
		return nil, errors.New("the database has a store already, and nothing is merged into it: give store.url another " +
			"schema or database")
	case err != nil:
		return nil, fmt.Errorf("%w (what is done stays: the same command, once more, goes on there)", err)
	}
	return sum, nil
}

// unrestored says what is wrong with a backup, and what to do.
func unrestored(source string, err error) error {
	for _, r := range []struct {
		cause  error
		remedy string
	}{
		{sealed.ErrCut, "take the whole file: compare its size with that of the original"},
		{sealed.ErrAltered, "take another copy, or an older backup"},
		{sealed.ErrDamaged, "take another copy, or an older backup"},
		{sealed.ErrPassphrase, "try another one; nothing else opens it"},
		{sealed.ErrIdentity, "give the file with the secret key of one of its recipients"},
		{sealed.ErrForeign, "give a file of sealgate store backup"},
	} {
		if errors.Is(err, r.cause) {
			return fmt.Errorf("%s: %w: %s. Nothing was changed", source, r.cause, r.remedy)
		}
	}
	return fmt.Errorf("%s: %w. Nothing was changed", source, err)
}
