package main

// This file sees to it that nothing listens that was not asked to.

import (
	"runtime/pprof"
	"strings"
	"testing"

	"sealgate/config"
	"sealgate/gateway"
)

// TestNothingListensWithoutAddress, and nothing counts.
func TestNothingListensWithoutAddress(t *testing.T) {
	h := &house{cfg: config.Default()}
	services, err := h.openAdmin()
	if err != nil || len(services) != 0 || h.metrics != nil {
		t.Errorf("%d services, %v", len(services), err)
	}
	h.observe(&gateway.Entry{}) // must not need any
	var stacks strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"sealgate/admin.", "sealgate/admin/"} {
		if strings.Contains(stacks.String(), of) {
			t.Errorf("a goroutine of %s runs", of)
		}
	}
}
