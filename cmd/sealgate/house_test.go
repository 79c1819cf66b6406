package main

// This file makes for a test what serve makes of a configuration.

import (
	"testing"

	"sealgate/config"
)

// newHouse has one listener for inbound mail, and what more says; dir holds its files.
func newHouse(t *testing.T, dir, more string) *house {
	t.Helper()
	cfg, err := config.Parse(`[server]
data_dir = "data"
[[listener]]
protocol = "milter"
address = "unix:in.sock"
direction = "inbound"
`+more, dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := build(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.closeStore)
	return h
}
