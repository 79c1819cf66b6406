package main

// This file asks the directories from time to time whether they can be asked. One that answers and
// knows nobody is not noticed otherwise: a resolver that has ceased to validate, a base that is gone.

import (
	"context"
	"time"

	"sealgate/directory"
)

// probeAgain is how often: as long as nobody may notice that mail is not encrypted any more.
const probeAgain = time.Hour

// watchDirectories asks at start and each hour, until ctx ends. A reload is seen the next time.
func (h *house) watchDirectories(ctx context.Context) {
	for {
		h.probe(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(probeAgain):
		}
	}
}

// probe asks each directory of the engine of the moment, and tells what has changed.
func (h *house) probe(ctx context.Context) {
	faults := make(map[string]string)
	for _, source := range h.engine.Load().options.Sources {
		place, ok := source.(*directory.Source)
		if !ok {
			continue
		}
		why := ""
		if err := place.Probe(ctx); err != nil {
			why = err.Error()
		}
		if ctx.Err() != nil {
			return
		}
		faults[place.Name()] = why
		was, known := h.probes.fault(place.Name())
		switch {
		case why != "" && why != was:
			h.log.Warn("a directory cannot be asked for certificates", "source", place.Name(), "error", why,
				"remedy", "sealgate check")
		case why == "" && known && was != "":
			h.log.Info("a directory can be asked for certificates again", "source", place.Name())
		}
	}
	h.probes.mu.Lock()
	defer h.probes.mu.Unlock()
	h.probes.faults = faults
}
