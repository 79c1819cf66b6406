package main

// This file opens the store that the configuration names.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"sealgate/certstore"
	"sealgate/certstore/postgres"
	"sealgate/config"
	"sealgate/journal"
	"sealgate/keyring"
)

// keptStore is a store with its journal, which can be backed up.
type keptStore interface {
	certstore.Store
	certstore.Journal
	// Backup writes all of it, in clear.
	Backup(ctx context.Context, w io.Writer) error
}

// storePatience is how long after the start mail waits for a large store. Then it is 451, and
// comes again; Postfix would wait for 300 seconds (milter_content_timeout).
const storePatience = 30 * time.Second

// openStore opens the store, and makes it where there is none. patience is how long questions then
// wait for a large one to be read; 0: it is read when openStore returns.
func openStore(cfg *config.Config, patience time.Duration, log *slog.Logger) (keptStore, error) {
	s, err := openDriver(cfg, patience, log)
	if errors.Is(err, certstore.ErrKey) {
		return nil, unreadable(err)
	}
	return s, err
}

func openDriver(cfg *config.Config, patience time.Duration, log *slog.Logger) (keptStore, error) {
	if cfg.Store.Driver == config.Postgres {
		s, err := openPostgres(context.Background(), cfg, log)
		if err != nil {
			return nil, err // not s, which would be a nil that is not nil
		}
		return s, nil
	}
	o, err := badgerOptions(cfg, log)
	if err != nil {
		return nil, err
	}
	o.Patience = patience
	s, err := certstore.OpenBadger(o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// badgerOptions are the settings of the embedded store, with its key.
func badgerOptions(cfg *config.Config, log *slog.Logger) (o certstore.BadgerOptions, err error) {
	key, err := storeKey("store.key_file", cfg.Store.KeyFile)
	if err != nil {
		return o, unreadable(err) // to start the gateway again would not help
	}
	if err := ownedByUs(cfg.Server.DataDir); err != nil {
		return o, err
	}
	return certstore.BadgerOptions{Dir: cfg.Store.Dir, Key: key, Log: log}, nil
}

func openPostgres(ctx context.Context, cfg *config.Config, log *slog.Logger) (*postgres.Store, error) {
	o, err := postgresOptions(cfg, log)
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, o)
}

// postgresOptions are the settings of the database, with its key and its password.
func postgresOptions(cfg *config.Config, log *slog.Logger) (o postgres.Options, err error) {
	key, err := storeKey("store.key_file", cfg.Store.KeyFile)
	if err != nil {
		return o, unreadable(err)
	}
	o = postgres.Options{URL: cfg.Store.URL, Key: key, Log: log}
	if cfg.Store.PasswordFile != "" {
		password, err := keyring.PasswordFile(cfg.Store.PasswordFile)()
		if err != nil {
			return o, unreadable(fmt.Errorf("store.password_file: %w", err))
		}
		o.Password = string(password)
	}
	return o, nil
}

// storeKeySize is of AES-256, in octets.
const storeKeySize = 32

// storeKey reads the key of a store; nil without a file.
func storeKey(setting, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	key, err := keyring.ReadPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: without it the store cannot be read. Bring the file back; if it is lost, "+
			"make a new one (head -c %d /dev/urandom > FILE) and bring a backup back with sealgate store restore --aside",
			setting, err, storeKeySize)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	if len(key) != storeKeySize {
		return nil, fmt.Errorf("%s: %s has %d octets, a key has %d (head -c %d /dev/urandom > FILE)",
			setting, path, len(key), storeKeySize, storeKeySize)
	}
	return key, nil
}

// withStoreAtRest opens the store with its journal for a command, where no gateway runs.
func withStoreAtRest(
	ctx context.Context, cfg *config.Config, do func(store keptStore, j *journal.Journal) error,
) error {
	store, err := openStore(cfg, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		return unreadable(err)
	}
	defer store.Close()
	j, err := journal.Open(ctx, store)
	if err != nil {
		return failed(err)
	}
	return failed(do(store, j))
}

// hasStore refuses a configuration whose store has not been made yet.
func hasStore(cfg *config.Config) error {
	if cfg.Store.Driver == config.Postgres {
		return nil
	}
	_, err := os.Stat(cfg.Store.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store yet: the first serve makes it, in %s", cfg.Store.Dir)
	}
	return err
}
