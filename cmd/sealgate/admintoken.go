package main

// This file draws a token for the HTTP side.

import (
	"fmt"

	"github.com/spf13/cobra"

	"sealgate/admin"
)

func adminCommand() *cobra.Command {
	c := family(&cobra.Command{Use: "admin", Short: "what the HTTP side needs"})
	var scope string
	token := &cobra.Command{
		Use:   "token NAME [--scope capabilities|metrics|read|admin]",
		Short: "draw a token, and print the lines for config.toml",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return failed(newToken(args[0], scope))
		},
	}
	token.Flags().StringVar(&scope, "scope", "capabilities", "what it may ask")
	c.AddCommand(token, adminPasswdCommand())
	return c
}

// newToken prints the token, which nobody can read again, and its hash.
func newToken(name, scope string) error {
	var s admin.Scope
	if err := s.UnmarshalText([]byte(scope)); err != nil {
		return fmt.Errorf("--scope: %w", err)
	}
	token, hash := admin.NewToken()
	fmt.Printf("# The token, for %s; it is shown this once:\n#   %s\n", name, token)
	fmt.Printf("[[admin.token]]\nname = %q\nhash = %q\nscope = %q\n", name, hash, scope)
	return nil
}
