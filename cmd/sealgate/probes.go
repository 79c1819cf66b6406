package main

// This file is what is known of the directories: which of them cannot be asked.

import (
	"sync"
)

// probes are what the directories came to, the last time that each was asked.
type probes struct {
	mu     sync.Mutex
	faults map[string]string // why it cannot be asked, by its name; "": it can; guarded by mu
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
