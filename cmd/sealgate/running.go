package main

// This file reaches the gateway that runs.

import (
	"errors"
	"fmt"
	"path/filepath"

	"sealgate/config"
	"sealgate/internal/control"
)

// controlSocket is where the socket lies: only the gateway's own user can reach it.
func controlSocket(cfg *config.Config) string {
	return filepath.Join(cfg.Server.DataDir, "control.sock")
}

// dial reaches the gateway that runs with the data_dir of a configuration, if one does and this user
// may ask it.
func dial(cfg *config.Config) (client *control.Client, running bool) {
	return control.Dial(controlSocket(cfg))
}

// dialGateway reaches the gateway that runs with the data_dir of the configuration at path.
func dialGateway(path string) (*control.Client, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, unreadable(err)
	}
	client, running := dial(cfg)
	if !running {
		return nil, failed(fmt.Errorf("no gateway runs with data_dir %s, or this user may not ask it", cfg.Server.DataDir))
	}
	return client, nil
}

// atRest refuses while a gateway has the store.
func atRest(cfg *config.Config) error {
	if _, running := dial(cfg); running {
		return errors.New("the gateway is running: stop it first (systemctl stop sealgate); its mail waits in Postfix")
	}
	return nil
}
