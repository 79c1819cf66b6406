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
			j, err := o.explainFile(c.Context(), args[0], o.configuration(c.Flags()))
			if err != nil {
				return err
			}
			_, err = io.WriteString(terminal{os.Stdout}, j.drawing)
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

// configuration is that which explain judges with, "" for none: the installed one counts only if
// it is there, this user may read it, and no flag asks for another judgement.
func (o *verifying) configuration(f *pflag.FlagSet) string {
	if f.Changed("config") || !slices.ContainsFunc(offlineFlags, f.Changed) && readable(o.config) {
		return o.config
	}
	return ""
}

// readable reports whether a configuration can be had. One that is there and cannot be read is
// told of: the judgement is another one without it.
func readable(path string) bool {
	_, err := config.Load(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(terminal{os.Stderr}, "the installed configuration is not used: %v\n", err)
	}
	return err == nil
}
