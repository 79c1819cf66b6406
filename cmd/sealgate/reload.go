package main

// This file reads keys, rules and roots anew, and tells systemd.

import (
	"context"
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"sealgate/config"
	"sealgate/journal"
)

// tell is sd_notify(3); without systemd it does nothing.
func (h *house) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		h.log.Warn("systemd does not listen", "error", err)
	}
}

// reloading is what Type=notify-reload wants to hear, with the time of it.
func reloading() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return daemon.SdNotifyReloading
	}
	return fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, now.Nano()/1000)
}

// reload replaces the engine, or keeps the old one and says why. Either has a record; that it cannot
// be kept does not keep a gateway from the configuration that it was given.
func (h *house) reload(by string) error {
	h.loading.Lock()
	defer h.loading.Unlock()
	h.tell(reloading())
	defer h.tell(daemon.SdNotifyReady)
	began := time.Now()
	g, err := h.readEngine()
	if err != nil {
		h.loaded.Store(&loaded{began, err.Error()})
		h.failed.Add(1)
		h.log.Error("reload failed, everything stays as it was", "error", err)
		h.recordReload(journal.Change{By: by, What: "reload", Failed: err.Error()})
		return err
	}
	g.own.fillBeforeUse(context.Background())
	before := h.engine.Swap(g)
	h.recordReload(reloadChange(by, before, g))
	h.loaded.Store(&loaded{at: began})
	h.tellReloaded()
	h.log.Info("keys, rules and roots reloaded; listeners and store need a restart")
	return nil
}

// readEngine is newEngine of the configuration as it is now.
func (h *house) readEngine() (*engine, error) {
	cfg, err := config.Load(h.path)
	if err != nil {
		return nil, err
	}
	g, err := h.newEngine(cfg)
	if err != nil {
		return nil, err
	}
	logExceptions(h.log, cfg)
	return g, nil
}
