package main

// This file is store copy.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"sealgate/certstore"
	"sealgate/config"
)

func copyCommand(with runWithConfig) *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "copy --from DRIVER",
		Short: "copy the store of one driver into that of the other one, which the configuration names; no gateway runs",
		Long: `store.driver names where the copy goes, --from where the store is now: "badger" is in
store.dir, "postgres" in store.url. Both have the key of store.key_file. The store that is
copied stays as it is. A copy into a database that is cut off goes on where it was, when it
is run once more; one into a folder starts anew.`,
		Args: cobra.NoArgs,
		RunE: with(func(cfg *config.Config, _ []string) error {
			var driver config.Driver
			if err := driver.UnmarshalText([]byte(from)); err != nil {
				return unreadable(fmt.Errorf("--from %w", err))
			}
			return copyStore(cfg, driver)
		}),
	}
	c.Flags().StringVar(&from, "from", "", "where the store is now: badger or postgres")
	_ = c.MarkFlagRequired("from")
	return c
}

// copyStore copies what from has into what the configuration names.
func copyStore(cfg *config.Config, from config.Driver) error {
	if from == cfg.Store.Driver {
		return unreadable(fmt.Errorf("store.driver is %q, too: it names where the copy goes", from))
	}
	if err := atRest(cfg); err != nil {
		return err
	}
	source := *cfg
	source.Store.Driver = from
	if err := hasStore(&source); err != nil {
		return err
	}
	s, err := openStore(&source, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer s.Close()
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	sum, err := copyInto(ctx, cfg, s)
	if err != nil {
		return err
	}
	fmt.Printf("copied: %s\n", sum)
	return recordMade(ctx, cfg, "copy", "out of "+string(from))
}

// copyInto is a backup that is restored while it is written.
func copyInto(ctx context.Context, cfg *config.Config, s keptStore) (*certstore.Summary, error) {
	out, in := io.Pipe()
	written := make(chan error, 1)
	go func() { // ends with the reader
		err := s.Backup(ctx, in)
		in.CloseWithError(err)
		written <- err
	}()
	p := &copyProgress{Reader: out, said: time.Now()}
	sum, err := restoreInto(ctx, cfg, p)
	out.CloseWithError(err)
	if cause := <-written; cause != nil && !errors.Is(cause, io.ErrClosedPipe) && !errors.Is(cause, err) {
		return nil, cmp.Or(cause, err)
	}
	return sum, err
}

func restoreInto(ctx context.Context, cfg *config.Config, in io.Reader) (*certstore.Summary, error) {
	log := slog.New(slog.DiscardHandler)
	if cfg.Store.Driver == config.Postgres {
		o, err := postgresOptions(cfg, log)
		if err != nil {
			return nil, err
		}
		return restorePostgres(ctx, o, in)
	}
	o, err := badgerOptions(cfg, log)
	if err != nil {
		return nil, err
	}
	sum, err := certstore.RestoreBadger(ctx, o, in)
	if errors.Is(err, certstore.ErrOccupied) {
		return nil, fmt.Errorf("%w, and nothing is merged into it: move it away, or name another store.dir", err)
	}
	return sum, err
}

// progressTime is how often a copy says how far it is.
const progressTime = 5 * time.Second

// copyProgress says how much was read of a copy.
type copyProgress struct {
	io.Reader
	octets int64
	said   time.Time
}

func (p *copyProgress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.octets += int64(n)
	if time.Since(p.said) > progressTime {
		p.said = time.Now()
		fmt.Fprintf(os.Stderr, "%d MiB\n", p.octets>>20)
	}
	return n, err
}
