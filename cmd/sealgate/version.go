package main

// This file tells which sealgate this is.

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "tell which version this is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "sealgate %s\n", version())
			return err
		},
	}
}

// packaged is the package's version, which the linker writes here; "" without a package.
var packaged string

// version is the package's or the module's version, which in a build from a checkout names the
// commit and says "+dirty" of changes to it, and the Go release.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(packaged, "unknown")
	}
	return cmp.Or(packaged, info.Main.Version) + " " + info.GoVersion
}
