package main

// This file asks a running gateway how it does.

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/control"
)

func healthCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "health",
		Short: "ask the running gateway how it does; " +
			"1 when it does not run, or its store or last reload fails",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := config.Load(path)
			if err != nil {
				return unreadable(err)
			}
			client, running := control.Dial(controlSocket(cfg))
			if !running {
				return failed(fmt.Errorf("no gateway runs with data_dir %s, or this user may not ask it", cfg.Server.DataDir))
			}
			return failed(health(context.Background(), client))
		},
	}
	c.Flags().StringVar(&path, "config", installedConfig, "configuration file")
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
	if h.Lost > 0 {
		fmt.Printf("journal: %d records lost since the start (mail is not; the log says why)\n", h.Lost)
	}
	if h.Reload != "" {
		return fmt.Errorf("the last reload, at %s, failed: %s", instant(h.Reloaded), h.Reload)
	}
	return nil
}
