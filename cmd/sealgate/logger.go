package main

// This file makes the log.

import (
	"io"
	"log/slog"

	"sealgate/config"
	"sealgate/internal/journald"
)

func newLogger(c config.Log, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	handler := func(w io.Writer) slog.Handler {
		if c.Format == config.LogJSON {
			return slog.NewJSONHandler(w, options)
		}
		return slog.NewTextHandler(w, options)
	}
	return slog.New(journald.New(w, handler))
}
