package main

// This file is the part of check that asks the directories.

import (
	"context"
	"log/slog"
	"time"

	"sealgate/config"
)

// probeDirectories asks each for nobody, and says which do not answer: mail that needs their
// answer waits.
func (r *checkReport) probeDirectories(ctx context.Context, cfg *config.Config) {
	for i := range cfg.Directory {
		d := &cfg.Directory[i]
		place, err := openDirectory(d, slog.New(slog.DiscardHandler))
		if err == nil {
			asked, cancel := context.WithTimeout(ctx, time.Duration(d.Timeout))
			err = place.Probe(asked)
			cancel()
		}
		if err != nil {
			r.add(isFault, aboutConfiguration, "directory %d: %v", i+1, err)
			continue
		}
		r.add(isRight, aboutConfiguration, "directory %d: %s answers", i+1, place.Name())
	}
}
