package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/dn"
	"sealgate/internal/x509cert"
)

func certCommand() *cobra.Command {
	var path string
	c := family(&cobra.Command{Use: "cert", Short: "other people's certificates: in the running gateway, or in " +
		"the store at rest"})
	c.PersistentFlags().StringVar(&path, "config", installedConfig, "configuration file")
	with := func(do func(context.Context, *commandStore, []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error { return withStore(path, args, do) }
	}
	state := func(s certstore.State, from ...certstore.State) func(context.Context, *commandStore, []string) error {
		return func(ctx context.Context, store *commandStore, args []string) error {
			return each(ctx, store, args, func(r *certstore.Record) error {
				r.State = s
				return store.SetState(ctx, r.Identity, s, from...)
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
			Short: "vouch for them: use them before all others, without a chain; not for blocked ones",
			Args:  cobra.MinimumNArgs(1),
			RunE:  with(state(certstore.Pinned, certstore.Active, certstore.Pending, certstore.Pinned)),
		},
		&cobra.Command{
			Use:   "activate WHICH...",
			Short: "take back block, pin or pending",
			Args:  cobra.MinimumNArgs(1),
			RunE:  with(state(certstore.Active)),
		},
		deleteCommand(with),
	)
	return c
}

func deleteCommand(with runWithStore) *cobra.Command {
	var blocked bool
	c := &cobra.Command{
		Use:   "delete WHICH...",
		Short: "forget them; a block only with --blocked",
		Args:  cobra.MinimumNArgs(1),
		RunE: with(func(ctx context.Context, s *commandStore, args []string) error {
			return each(ctx, s, args, func(r *certstore.Record) error {
				var seen certstore.State
				if blocked {
					seen = r.State
				}
				err := certadmin.Delete.Carry(ctx, s, r, seen)
				if errors.Is(err, certstore.ErrState) && !blocked {
					err = fmt.Errorf("%x: %w; --blocked deletes it all the same", r.Fingerprint, err)
				}
				return err
			})
		}),
	}
	c.Flags().BoolVar(&blocked, "blocked", false, "forget blocked ones, too, and that they were blocked")
	return c
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
