package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sealgate/gateway/verdict"
)

func verifyCommand() *cobra.Command {
	var o verifying
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [flags] MESSAGE",
		Short: "judge a message; exit code 0 for valid, 1 for anything else, 2 for wrong use",
		Args:  oneMessage,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.consistent(c.Flags()); err != nil {
				return err
			}
			cfg, err := o.configuration()
			if err != nil {
				return err
			}
			j, err := o.judgeFile(c.Context(), args[0], cfg)
			if err != nil {
				return err
			}
			if err := j.report.Print(os.Stdout, asJSON); err != nil {
				return err
			}
			if !asJSON && o.config == "" {
				fmt.Println(revocationNotChecked)
			}
			if j.report.Signature != string(verdict.SignatureValid) {
				return &failure{code: exitNotValid}
			}
			return nil
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&o.config, "config", "", "judge as the gateway of this configuration file does (default: with "+
		"the flags above alone)")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}
