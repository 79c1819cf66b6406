package main

// This file is the running gateway's socket (package control), with what it answers out of.

import (
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"sealgate/config"
	"sealgate/internal/control"
)

// controlSocket is where the socket lies: only the gateway's own user can reach it.
func controlSocket(cfg *config.Config) string {
	return filepath.Join(cfg.Server.DataDir, "control.sock")
}

// openControl answers on the socket until it is closed.
func (h *house) openControl() (*http.Server, error) {
	l, err := listen("unix:"+controlSocket(h.cfg), control.Mode)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	s := &control.Server{
		Store: h.store, Explain: h.explain, Keys: h.keys, Count: h.countKeys, Backup: h.backup,
		Judge: h.judge, Loaded: h.lastLoad, Reload: h.reload,
		Journal: h.journal, Record: h.record, Lost: h.journal.Lost,
		Version: version(), Started: time.Now(), Log: h.log,
	}
	return s.Start(l), nil
}
