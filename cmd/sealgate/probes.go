package main

// This file asks the directories from time to time whether they can be asked. One that answers and
// knows nobody is not noticed otherwise: a resolver that has ceased to validate, a base that is gone.

import (
	"context"
	"sync"
	"time"

	"sealgate/directory"
)

// probeAgain is how often: as long as nobody may notice that mail is not encrypted any more.
const probeAgain = time.Hour

// probes are what the directories came to, the last time that each was asked.
type probes struct {
	mu     sync.Mutex
	faults map[string]string // why it cannot be asked, by its name; "": it can; guarded by mu
}

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

func (p *probes) fault(name string) (why string, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	why, known = p.faults[name]
	return why, known
}

// silent are the directories that were asked, and whether they could not be.
func (p *probes) silent() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	silent := make(map[string]bool, len(p.faults))
	for name, why := range p.faults {
		silent[name] = why != ""
	}
	return silent
}
