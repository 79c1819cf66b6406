package main

// This file is what commands are made of.

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sealgate/config"
)

// installedConfig is where a package puts the configuration.
const installedConfig = "/etc/sealgate/config.toml"

// instant is a time as all commands write it.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// family is a command that is nothing without one below it.
func family(c *cobra.Command) *cobra.Command {
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())
		}
		return c.Help()
	}
	return c
}

// oneMessage is the argument of every offline command.
func oneMessage(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s takes one MESSAGE, a file or - for standard input, not %d", c.Name(), len(args))
	}
	return nil
}

// runWithConfig makes a command's RunE out of what it does with the configuration.
type runWithConfig func(func(*config.Config, []string) error) func(*cobra.Command, []string) error
