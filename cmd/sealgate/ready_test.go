package main

// This file asks a gateway whose store is lost whether it is ready.

import (
	"slices"
	"testing"

	"sealgate/admin"
)

// TestLostStoreIsNotReady: mail that needs it is 451 then, which monitoring must hear.
func TestLostStoreIsNotReady(t *testing.T) {
	t.Parallel()
	h := newHouse(t, t.TempDir(), "")
	ofStore := func(f admin.Fault) bool { return f.Of == "store" }
	if faults := h.notReady(t.Context()); slices.ContainsFunc(faults, ofStore) {
		t.Errorf("at first: %+v", faults)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if faults := h.notReady(t.Context()); !slices.ContainsFunc(faults, ofStore) {
		t.Errorf("then: %+v", faults)
	}
}
