package main

// This file is the key command.

import (
	"github.com/spf13/cobra"
)

func keyCommand() *cobra.Command {
	c := family(&cobra.Command{Use: "key", Short: "our own keys"})
	c.AddCommand(keyImportCommand(), keyUnpackCommand(), keyListCommand())
	return c
}
