package main

// This file makes for a test what serve makes of a configuration.

import (
	"testing"

	"sealgate/config"
)

// parsed is a configuration with one listener for inbound mail, and what more says; dir holds its
// files.
func parsed(t *testing.T, dir, more string) *config.Config {
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
	return cfg
}

// newHouse is what is built of it.
func newHouse(t *testing.T, dir, more string) *house {
	t.Helper()
	h, err := build(parsed(t, dir, more), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.closeStore)
	return h
}
