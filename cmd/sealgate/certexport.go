package main

// This file is cert export: certificates for others, and with their states for another
// store of ours.

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/terminal"
	"sealgate/internal/x509cert"
)

func exportCommand(with runWithStore) *cobra.Command {
	var out string
	var states bool
	c := &cobra.Command{
		Use:   "export [--out FILE] [--states] WHICH...",
		Short: "write certificates as PEM, or as .p7b when FILE ends so; --states: for cert import --states",
		RunE: with(func(ctx context.Context, s *commandStore, args []string) error {
			if states {
				return exportStates(ctx, s, args, out)
			}
			return exportCerts(ctx, s, args, out)
		}),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && !states {
				return errors.New("cert export takes at least one WHICH, an address or a fingerprint")
			}
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "output FILE (default: standard output)")
	c.Flags().BoolVar(&states, "states", false,
		"with blocks, pins and all that is known, in a form that cert import --states reads; all, when no WHICH is given")
	return c
}

func exportCerts(ctx context.Context, s certadmin.Store, which []string, out string) error {
	var certs []*x509.Certificate
	err := eachOf(ctx, s, which, func(r *certstore.Record) error {
		c, err := x509cert.Parse(r.DER)
		if err != nil {
			return err
		}
		if r.State != certstore.Active {
			fmt.Fprintf(terminal.New(os.Stderr), "%x is %s here: what is written does not say so (--states does)\n",
				r.Fingerprint, r.State)
		}
		certs = append(certs, c)
		return nil
	})
	if err != nil {
		return err
	}
	return output(out, func(w io.Writer) error {
		if strings.HasSuffix(out, ".p7b") || strings.HasSuffix(out, ".p7c") {
			der, err := certstore.WriteBundle(certs)
			if err != nil {
				return err
			}
			_, err = w.Write(der)
			return err
		}
		for _, c := range certs {
			if err := pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
				return err
			}
		}
		return nil
	})
}

// exportStates writes the records named, or all when none is.
func exportStates(ctx context.Context, s certadmin.Store, which []string, out string) error {
	return output(out, func(w io.Writer) error {
		states := certstore.NewStatesWriter(w)
		var err error
		if len(which) == 0 {
			err = certadmin.All(ctx, s, states.Write)
		} else {
			err = eachOf(ctx, s, which, states.Write)
		}
		if err != nil {
			return err
		}
		return states.Close()
	})
}
