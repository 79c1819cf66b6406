package main

// This file looks at the gateway that runs: whether it is well, has what lies on the disk, and can
// be reached as Postfix would.

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"sealgate/certstore"
	"sealgate/config"
	"sealgate/internal/control"
	"sealgate/internal/postfixcheck"
)

// checkRunning asks the gateway how it does, and connects to each of its listeners.
func (r *checkReport) checkRunning(ctx context.Context, path string, cfg *config.Config, client *control.Client) {
	h, err := client.Health(ctx)
	if err != nil {
		r.add(isFault, aboutGateway, "the gateway that runs does not answer: %v", err)
		return
	}
	r.add(isRight, aboutGateway, "a gateway runs with this data_dir: version %s, since %s", h.Version, instant(h.Started))
	r.add(isNote, aboutGateway, "its store and its addresses are in use: that a new start could have them was not tried")
	if h.Version != version() {
		r.add(isNote, aboutGateway, "it is of another version than this program (%s): restart it", version())
	}
	if h.Store != "" {
		r.add(isFault, aboutGateway, "its store does not answer: %s", h.Store)
	}
	if h.Reload != "" {
		r.add(isFault, aboutGateway, "its last reload, at %s, failed, so that it has the keys, rules and roots from before: "+
			"%s; mend that and reload it", instant(h.Reloaded), h.Reload)
	} else if info, err := os.Stat(path); err == nil && info.ModTime().After(h.Reloaded) {
		r.add(isNote, aboutGateway, "%s was changed at %s, after the gateway has read it: reload it, or restart it for "+
			"listeners and store", path, instant(info.ModTime()))
	}
	r.checkStoreKey(cfg)
	for _, l := range cfg.Listener {
		r.checkListener(l)
	}
}

// checkStoreKey tries the key that lies on the disk: the gateway has read it when it started.
func (r *checkReport) checkStoreKey(cfg *config.Config) {
	if cfg.Store.Driver == config.Postgres {
		r.checkDatabase(cfg)
		return
	}
	key, err := storeKey("store.key_file", cfg.Store.KeyFile)
	if err == nil {
		err = certstore.CheckKey(cfg.Store.Dir, key)
	}
	switch {
	case err != nil:
		r.add(isFault, aboutGateway, "it would not start again: %v", err)
	case key != nil:
		r.add(isRight, aboutGateway, "the key in %s opens its store", cfg.Store.KeyFile)
	}
}

// connectTime is how long a listener has to take a connection: it is on this machine.
const connectTime = 5 * time.Second

// checkListener connects to a listener, and asks whether Postfix's user may.
func (r *checkReport) checkListener(l config.Listener) {
	network := "tcp"
	address := reachable(l.Address)
	socket, unix := strings.CutPrefix(l.Address, "unix:")
	if unix {
		network = "unix"
		address = socket
	}
	c, err := net.DialTimeout(network, address, connectTime)
	switch {
	case errors.Is(err, fs.ErrPermission):
		r.add(isUnknown, aboutGateway, "listener %s: this user may not connect to it, so it was not tried: run check as "+
			"root", l.Address)
	case err != nil:
		r.add(isFault, aboutGateway, "listener %s: nobody answers (%v): the gateway that runs has others; restart it",
			l.Address, err)
		return
	default:
		c.Close()
		r.add(isRight, aboutGateway, "listener %s answers", l.Address)
	}
	if unix {
		r.checkSocket(socket)
	}
}

// checkSocket asks whether Postfix's user may open a socket. Whether he has to is known to
// check --postfix.
func (r *checkReport) checkSocket(path string) {
	postfix, err := postfixcheck.LookupOwner()
	if err != nil {
		r.add(isNote, aboutGateway, "listener unix:%s: whether Postfix may open it was not looked at: %v", path, err)
		return
	}
	if err := postfix.MayOpen(path); err != nil {
		r.add(isNote, aboutGateway, "listener unix:%s: Postfix cannot open it, if it is to (check --postfix knows): %v",
			path, err)
	}
}

// reachable is where to connect to for an address that listens everywhere.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host != "" && host != "0.0.0.0" && host != "::" {
		return address
	}
	return net.JoinHostPort("localhost", port)
}
