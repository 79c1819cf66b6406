package main

// This file records what a reload has changed.

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"sealgate/journal"
)

// maxReloadAddresses is how many addresses the record of a reload names: who has a thousand mailboxes
// and renames them all learns the number.
const maxReloadAddresses = 20

func (h *house) recordReload(c journal.Change) {
	if err := h.record(context.Background(), c); err != nil {
		h.log.Error("a reload could not be recorded", "by", c.By, "error", err)
	}
}

// reloadChange is the change from one engine to the next: of which addresses of ours the keys are
// others now.
func reloadChange(by string, before, after *engine) journal.Change {
	old := before.keysOfAddresses()
	now := after.keysOfAddresses()
	var changed []string
	for a, keys := range now {
		if was, known := old[a]; !known || !maps.Equal(was, keys) {
			changed = append(changed, a)
		}
	}
	for a := range old {
		if _, remains := now[a]; !remains {
			changed = append(changed, a)
		}
	}
	slices.Sort(changed)
	return journal.Change{
		By: by, What: "reload", Addresses: changed[:min(len(changed), maxReloadAddresses)],
		Text: fmt.Sprintf("%d addresses of mailboxes are new, are gone or have other keys", len(changed)),
	}
}

// keysOfAddresses are the fingerprints of the keys that each address of ours has.
func (g *engine) keysOfAddresses() map[string]map[[sha256.Size]byte]bool {
	all := make(map[string]map[[sha256.Size]byte]bool)
	for _, m := range g.options.Ring.Mailboxes() {
		keys := make(map[[sha256.Size]byte]bool)
		for _, c := range m.Credentials {
			keys[sha256.Sum256(c.Certificate.Raw)] = true
		}
		for _, a := range m.Addresses {
			all[a] = keys
		}
	}
	return all
}
