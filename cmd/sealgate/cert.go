package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/config"
	"sealgate/internal/certadmin"
	"sealgate/internal/control"
	"sealgate/internal/dn"
	"sealgate/internal/x509cert"
	"sealgate/journal"
)

func certCommand() *cobra.Command {
	var path string
	c := family(&cobra.Command{Use: "cert", Short: "other people's certificates: in the running gateway, or in " +
		"the store at rest"})
	c.PersistentFlags().StringVar(&path, "config", installedConfig, "configuration file")
	with := func(do func(context.Context, *commandStore, []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error { return withStore(path, args, do) }
	}
	state := func(s certstore.State) func(context.Context, *commandStore, []string) error {
		return func(ctx context.Context, store *commandStore, args []string) error {
			return each(ctx, store, args, func(r *certstore.Record) error {
				r.State = s
				return store.SetState(ctx, r.Identity, s)
			})
		}
	}
	c.AddCommand(
		&cobra.Command{
			Use:   "list [ADDRESS]",
			Short: "one line a certificate",
			Args:  cobra.MaximumNArgs(1),
			RunE:  with(listCerts),
		},
		&cobra.Command{
			Use:   "show WHICH...",
			Short: "all that is known; WHICH is an address or a fingerprint",
			Args:  cobra.MinimumNArgs(1),
			RunE:  with(showCerts),
		},
		importCommand(with),
		exportCommand(with),
		&cobra.Command{
			Use:   "block WHICH...",
			Short: "never use them",
			Args:  cobra.MinimumNArgs(1),
			RunE:  with(state(certstore.Blocked)),
		},
		&cobra.Command{
			Use:   "pin WHICH...",
			Short: "vouch for them: use them before all others, without a chain",
			Args:  cobra.MinimumNArgs(1),
			RunE:  with(state(certstore.Pinned)),
		},
		&cobra.Command{
			Use:   "activate WHICH...",
			Short: "take back block, pin or pending",
			Args:  cobra.MinimumNArgs(1),
			RunE:  with(state(certstore.Active)),
		},
		&cobra.Command{
			Use:   "delete WHICH...",
			Short: "forget them",
			Args:  cobra.MinimumNArgs(1),
			RunE: with(func(ctx context.Context, s *commandStore, args []string) error {
				return each(ctx, s, args, func(r *certstore.Record) error { return s.Delete(ctx, r.Identity) })
			}),
		},
	)
	return c
}

// withStore asks the running gateway when there is one, else opens the store.
func withStore(path string, args []string, do func(context.Context, *commandStore, []string) error) error {
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err)
	}
	ctx := context.Background()
	if c, running := control.Dial(controlSocket(cfg)); running {
		return failed(do(ctx, &commandStore{c, c.Record}, args))
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
	return failed(do(ctx, &commandStore{store, record}, args))
}

// failed is exit code 1, unless err has another one.
func failed(err error) error {
	if f := (*failure)(nil); err == nil || errors.As(err, &f) {
		return err
	}
	return &failure{exitNotValid, err}
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

func listCerts(ctx context.Context, s *commandStore, args []string) error {
	if len(args) == 1 {
		return each(ctx, s, args, func(*certstore.Record) error { return nil })
	}
	return certadmin.All(ctx, s, func(r *certstore.Record) error {
		fmt.Println(line(r))
		return nil
	})
}

func showCerts(ctx context.Context, s *commandStore, args []string) error {
	return each(ctx, s, args, func(r *certstore.Record) error {
		c, err := x509cert.Parse(r.DER)
		if err != nil {
			return err
		}
		fmt.Printf("subject:    %q\n", dn.String(c.Subject))
		fmt.Printf("issuer:     %q\n", dn.String(c.Issuer))
		fmt.Printf("serial:     %s\n", c.SerialNumber.Text(16))
		for _, remark := range x509cert.Tolerated(c) {
			fmt.Printf("tolerated:  %s\n", remark)
		}
		fmt.Printf("valid:      %s to %s\n", instant(c.NotBefore), instant(c.NotAfter))
		fmt.Printf("first seen: %s\n", instant(r.FirstSeen))
		fmt.Printf("last seen:  %s\n", instant(r.LastSeen))
		fmt.Printf("proved by:  %q at %s\n", r.Proof, instant(r.ProofTime))
		return nil
	})
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
