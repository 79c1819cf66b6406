package main

// This file asks a running gateway how it does, and has it read its configuration anew.

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

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
			client, err := dialGateway(path)
			if err != nil {
				return err
			}
			return failed(health(context.Background(), client))
		},
	}
	c.Flags().StringVar(&path, "config", installedConfig, "configuration file")
	return c
}

func reloadCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "reload",
		Short: "have the running gateway read keys, rules and roots anew; " +
			"1, or 2 when the file cannot be read, and why, when it goes on with the old ones",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			client, err := dialGateway(path)
			if err != nil {
				return err
			}
			return failed(client.Reload(context.Background(), commander()))
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
