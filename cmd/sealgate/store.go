package main

// This file is the store command.

import (
	"runtime/debug"

	"github.com/spf13/cobra"

	"sealgate/config"
)

func storeCommand() *cobra.Command {
	var path string
	c := family(&cobra.Command{
		Use:   "store",
		Short: "the store: back it up, restore it, copy it, give it another key",
		Long: `The store holds other people's certificates with blocks and pins, what is known of
mail, and which content each content key was first seen with. backup asks the running
gateway, or reads the store at rest; restore, copy and rekey need the gateway stopped.`,
		Example: `  sealgate store backup --passphrase-file /etc/sealgate/backup-passphrase store.age
  sealgate store restore --passphrase-file /etc/sealgate/backup-passphrase store.age
  sealgate store copy --from badger
  sealgate store rekey --old-key-file /etc/sealgate/old.key`,
	})
	c.PersistentFlags().StringVar(&path, "config", installedConfig, "configuration file")
	with := func(do func(cfg *config.Config, args []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error {
			debug.SetGCPercent(gcPercent) // a passphrase costs 256 MiB, which would be kept and doubled
			cfg, err := config.Load(path)
			if err != nil {
				return unreadable(err)
			}
			return failed(do(cfg, args))
		}
	}
	c.AddCommand(backupCommand(with), restoreCommand(with), rekeyCommand(with), copyCommand(with))
	return c
}
