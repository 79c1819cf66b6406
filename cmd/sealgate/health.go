package main

// This file asks a running gateway how it does, and which keys it holds.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/control"
	"sealgate/keyring"
)

func healthCommand() *cobra.Command {
	return ofRunning(&cobra.Command{
		Use: "health", Short: "ask the running gateway how it does; 1 when it does not run or its store fails",
	}, health)
}

func keyListCommand() *cobra.Command {
	return ofRunning(&cobra.Command{
		Use: "list", Short: "one line for each certificate whose key the running gateway holds",
	}, listKeys)
}

// ofRunning completes a command that asks the running gateway.
func ofRunning(c *cobra.Command, ask func(context.Context, *control.Client) error) *cobra.Command {
	var path string
	c.Args = cobra.NoArgs
	c.RunE = func(*cobra.Command, []string) error {
		cfg, err := config.Load(path)
		if err != nil {
			return unreadable(err)
		}
		client, running := control.Dial(controlSocket(cfg))
		if !running {
			return failed(fmt.Errorf("no gateway runs with data_dir %s, or this user may not ask it", cfg.Server.DataDir))
		}
		return failed(ask(context.Background(), client))
	}
	c.Flags().StringVar(&path, "config", "/etc/sealgate/config.toml", "configuration file")
	return c
}

func health(ctx context.Context, c *control.Client) error {
	h, err := c.Health(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("version: %s\nstarted: %s\nkeys:    %d\n", h.Version, instant(h.Started), h.Keys)
	if h.Store != "" {
		return errors.New("the store does not answer: " + h.Store)
	}
	fmt.Println("store:   answers")
	return nil
}

func listKeys(ctx context.Context, c *control.Client) error {
	keys, err := c.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		until := k.NotAfter.UTC().Format(time.DateOnly)
		fmt.Fprintf(terminal{os.Stdout}, "%s  %s  %s\n", k.Fingerprint, until, strings.Join(k.Addresses, " "))
		for _, p := range k.Problems {
			fmt.Fprintf(terminal{os.Stdout}, "    %s\n", p)
		}
	}
	return nil
}

// keys are those of the engine of the moment.
func (h *house) keys() (out []control.Key) {
	now := time.Now()
	for _, b := range h.engine.Load().boxes {
		for _, c := range b.Credentials {
			out = append(out, controlKey(b, c, now))
		}
	}
	return out
}

func controlKey(b *keyring.Mailbox, c *keyring.Credential, now time.Time) control.Key {
	return control.Key{
		Addresses:   b.Addresses,
		Fingerprint: fmt.Sprintf("%x", sha256sum(c.Certificate.Raw)),
		NotBefore:   c.Certificate.NotBefore,
		NotAfter:    c.Certificate.NotAfter,
		Problems:    c.Problems(now),
	}
}
