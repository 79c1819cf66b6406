package main

// This file is the store command, and what its four have in common.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"sealgate/config"
	"sealgate/internal/control"
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

// runWithConfig makes a command's RunE out of what it does with the configuration.
type runWithConfig func(func(*config.Config, []string) error) func(*cobra.Command, []string) error

// passphraseFlag is of the commands that make and read a backup.
func passphraseFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "passphrase-file", "",
		"passphrase of the backup, FILE, its first line (default: asked for on the terminal)")
}

// hasStore refuses a configuration whose store has not been made yet.
func hasStore(cfg *config.Config) error {
	if cfg.Store.Driver == config.Postgres {
		return nil
	}
	_, err := os.Stat(cfg.Store.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store yet: the first serve makes it, in %s", cfg.Store.Dir)
	}
	return err
}

// atRest refuses while a gateway has the store.
func atRest(cfg *config.Config) error {
	if _, running := control.Dial(controlSocket(cfg)); running {
		return errors.New("the gateway is running: stop it first (systemctl stop sealgate); its mail waits in Postfix")
	}
	return nil
}
