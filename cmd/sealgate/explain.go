package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sealgate/config"
	"sealgate/internal/terminal"
)

func explainCommand() *cobra.Command {
	var o verifying
	var to []string
	c := &cobra.Command{
		Use:   "explain [flags] MESSAGE | --to ADDRESS...",
		Short: "draw the layers of a message, each with its verdict; or who can be written to",
		RunE: func(c *cobra.Command, args []string) error {
			if len(to) > 0 && len(args) == 0 {
				return explainRecipients(os.Stdout, o.config, to)
			}
			if len(args) != 1 || len(to) > 0 {
				return unreadable(errors.New("explain takes one MESSAGE, or --to and no message"))
			}
			if err := o.consistent(c.Flags()); err != nil {
				return err
			}
			cfg, err := o.explainedWith(c.Flags())
			if err != nil {
				return err
			}
			j, err := o.explainFile(c.Context(), args[0], cfg)
			if err != nil {
				return err
			}
			_, err = io.WriteString(terminal.New(os.Stdout), j.drawing)
			return err
		},
	}
	o.flags(c.Flags())
	c.Flags().StringArrayVar(&to, "to", nil, "explain which certificate a mail to ADDRESS is encrypted for, and "+
		"why not for the others")
	c.Flags().StringVar(&o.config, "config", installedConfig, "judge as the gateway of this configuration file does; "+
		`"" or one of the flags above: without one`)
	return c
}

// explainedWith is the configuration that explain judges with, nil for none: the installed one counts
// only if it is there, this user may read it, and no flag asks for another judgement. One that is there
// and cannot be read is told of: the judgement is another one without it.
func (o *verifying) explainedWith(f *pflag.FlagSet) (*config.Config, error) {
	if f.Changed("config") {
		return o.configuration()
	}
	if slices.ContainsFunc(offlineFlags, f.Changed) {
		return nil, nil
	}
	cfg, err := config.Load(o.config)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(terminal.New(os.Stderr), "the installed configuration is not used: %v\n", err)
		}
		return nil, nil
	}
	return cfg, nil
}
