package main

// This file is store rekey.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/config"
)

func rekeyCommand(with runWithConfig) *cobra.Command {
	var oldKeyFile string
	c := &cobra.Command{
		Use:   "rekey [--old-key-file FILE]",
		Short: "give the store the key in store.key_file, or none, and keep all of it; the gateway is stopped",
		Args:  cobra.NoArgs,
		RunE: with(func(cfg *config.Config, _ []string) error {
			return rekey(cfg, oldKeyFile)
		}),
	}
	c.Flags().StringVar(&oldKeyFile, "old-key-file", "", "the key that the store has now, FILE (default: it has none)")
	return c
}

// rekey gives the store the key that the configuration names now.
func rekey(cfg *config.Config, oldKeyFile string) error {
	if cfg.Store.Driver == config.Postgres {
		return errors.New("a database gets another key by a copy: sealgate store backup, then another schema or " +
			"database in store.url, the new store.key_file, and sealgate store restore")
	}
	if err := atRest(cfg); err != nil {
		return err
	}
	options, err := badgerOptions(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return unreadable(err)
	}
	if err := hasStore(cfg); err != nil {
		return err
	}
	store, err := certstore.OpenBadger(options)
	if err == nil {
		fmt.Println("the store has this key already")
		return store.Close()
	}
	if !errors.Is(err, certstore.ErrKey) {
		return err
	}
	old, err := storeKey("--old-key-file", oldKeyFile)
	if err != nil {
		return unreadable(err)
	}
	sum, err := certstore.RekeyBadger(context.Background(), options, old)
	switch {
	case errors.Is(err, certstore.ErrKey) && old == nil:
		return errors.New("the store has a key, and it is not the one in store.key_file: " +
			"name the file of its key with --old-key-file")
	case errors.Is(err, certstore.ErrKey):
		return fmt.Errorf("the store was made neither with the key in %s nor with the one that is configured", oldKeyFile)
	case err != nil:
		return err
	}
	fmt.Printf("the store has its new key: %s\n", sum)
	return recordMade(context.Background(), cfg, "rekey", "")
}
