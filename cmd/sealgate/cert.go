package main

import (
	"context"
	"crypto/x509"
	"encoding/hex"
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
	"sealgate/internal/address"
	"sealgate/internal/control"
	"sealgate/internal/dn"
	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/smime/cms"
)

func certCommand() *cobra.Command {
	var path string
	c := family(&cobra.Command{Use: "cert", Short: "other people's certificates: in the running gateway, or in " +
		"the store at rest"})
	c.PersistentFlags().StringVar(&path, "config", installedConfig, "configuration file")
	with := func(do func(context.Context, control.Store, []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error { return withStore(path, args, do) }
	}
	state := func(s certstore.State) func(context.Context, control.Store, []string) error {
		return func(ctx context.Context, store control.Store, args []string) error {
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
			RunE: with(func(ctx context.Context, s control.Store, args []string) error {
				return each(ctx, s, args, func(r *certstore.Record) error { return s.Delete(ctx, r.Identity) })
			}),
		},
	)
	return c
}

// withStore asks the running gateway when there is one, else opens the store.
func withStore(path string, args []string, do func(context.Context, control.Store, []string) error) error {
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err)
	}
	ctx := context.Background()
	if c, running := control.Dial(controlSocket(cfg)); running {
		return failed(do(ctx, c, args))
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
	return failed(do(ctx, store, args))
}

// failed is exit code 1, unless err has another one.
func failed(err error) error {
	if f := (*failure)(nil); err == nil || errors.As(err, &f) {
		return err
	}
	return &failure{exitNotValid, err}
}

// each finds what WHICH means, does something to every record and shows it.
func each(ctx context.Context, s control.Store, which []string, do func(*certstore.Record) error) error {
	return eachOf(ctx, s, which, func(r *certstore.Record) error {
		if err := do(r); err != nil {
			return err
		}
		fmt.Println(line(r))
		return nil
	})
}

// eachOf is each without a word of it.
func eachOf(ctx context.Context, s control.Store, which []string, do func(*certstore.Record) error) error {
	for _, w := range which {
		list, err := find(ctx, s, w)
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

// find takes an address or a SHA-256 fingerprint in hex, with or without colons.
func find(ctx context.Context, s control.Store, which string) ([]*certstore.Record, error) {
	if fp, err := hex.DecodeString(strings.ReplaceAll(which, ":", "")); err == nil && len(fp) == 32 {
		r, err := s.ByFingerprint(ctx, [32]byte(fp))
		return []*certstore.Record{r}, err
	}
	a, err := address.Normalize(which)
	if err != nil {
		return nil, fmt.Errorf("%q is neither an address nor a SHA-256 fingerprint", which)
	}
	list, err := s.ByAddress(ctx, a)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no certificate for %s", a)
	}
	return list, err
}

func line(r *certstore.Record) string {
	return fmt.Sprintf("%x  %-8s %-9s %s  %s", r.Fingerprint, r.State, r.Source,
		r.NotAfter.UTC().Format(time.DateOnly), strings.Join(r.Addresses, " "))
}

func listCerts(ctx context.Context, s control.Store, args []string) error {
	if len(args) == 1 {
		return each(ctx, s, args, func(*certstore.Record) error { return nil })
	}
	return all(ctx, s, func(r *certstore.Record) error {
		fmt.Println(line(r))
		return nil
	})
}

// all does something to every record of the store.
func all(ctx context.Context, s control.Store, do func(*certstore.Record) error) error {
	for cursor := ""; ; {
		list, next, err := s.List(ctx, cursor, control.MaxPage)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := do(r); err != nil {
				return err
			}
		}
		cursor = next
		if next == "" {
			return nil
		}
	}
}

func showCerts(ctx context.Context, s control.Store, args []string) error {
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

// useless says why nothing will be encrypted for a certificate, whoever issued it.
func useless(c *x509.Certificate, state certstore.State, now time.Time) string {
	switch err := cms.CanEncryptTo(c); {
	case err != nil:
		return err.Error()
	case now.After(c.NotAfter):
		return "it has expired"
	case !spki.MayEncrypt(c):
		return "its key usage does not allow encryption"
	case !spki.ForMail(c):
		return "it is not for e-mail"
	case c.IsCA && state != certstore.Pinned:
		return "it is an authority's, and not pinned"
	}
	return ""
}
