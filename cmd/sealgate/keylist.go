package main

// This file lists our own keys: those of the running gateway, or those that it would have.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/ownkeys"
	"sealgate/internal/terminal"
)

func keyListCommand() *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "our keys as a receiver sees them: whose, until when, what for, what is wrong",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := config.Load(path)
			if err != nil {
				return unreadable(err)
			}
			keys, err := keysNow(context.Background(), cfg)
			if err != nil {
				return failed(err)
			}
			return failed(printKeys(os.Stdout, keys, asJSON))
		},
	}
	c.Flags().StringVar(&path, "config", installedConfig, "configuration file")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return c
}

// keysNow asks the running gateway, or reads the files as it would.
func keysNow(ctx context.Context, cfg *config.Config) ([]ownkeys.Summary, error) {
	if client, running := dial(cfg); running {
		return client.Keys(ctx)
	}
	h := &house{cfg: cfg, log: slog.New(slog.DiscardHandler)}
	keys, err := h.judgedApart(ctx)
	if err != nil {
		return nil, err
	}
	return ownkeys.Summarize(keys), nil
}

func printKeys(w io.Writer, keys []ownkeys.Summary, asJSON bool) error {
	if asJSON {
		for i := range keys {
			keys[i].Chain = nil
		}
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(append([]ownkeys.Summary{}, keys...))
	}
	for _, k := range keys {
		printKey(terminal.New(w), k)
	}
	return nil
}

func printKey(w io.Writer, k ownkeys.Summary) {
	if k.Fingerprint == "" {
		fmt.Fprintf(w, "mailbox  %s\n", strings.Join(k.Mailbox, " "))
	} else {
		until := k.To.UTC().Format(time.DateOnly)
		fmt.Fprintf(w, "%s  %s  %s\n", k.Fingerprint, until, strings.Join(k.Mailbox, " "))
		fmt.Fprintf(w, "    certificate of %s, by %s\n", strings.Join(k.Addresses, " "), k.Authority)
		fmt.Fprintf(w, "    from %s to %s, can: %s\n", k.From.UTC().Format(time.DateOnly), until, strings.Join(k.Can, ", "))
		fmt.Fprintf(w, "    file %s\n", k.File)
	}
	for _, f := range k.Wrong {
		fmt.Fprintf(w, "    %s\n", f)
	}
}
