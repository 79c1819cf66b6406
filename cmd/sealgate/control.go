package main

// This file opens the running gateway's socket (package control), with what it answers out of.

import (
	"fmt"
	"net/http"
	"time"

	"sealgate/internal/control"
)

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
