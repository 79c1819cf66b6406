package main

// This file reaches the next hops, to which listeners hand mail over.

import (
	"slices"
	"strings"

	"sealgate/config"
	"sealgate/gateway"
	"sealgate/proxy"
)

// nextHop is where mail of a listener is handed over, and the key that says so; "" for none.
func nextHop(l config.Listener) (key, hop string) {
	if l.Reinject != "" {
		return "reinject", l.Reinject
	}
	return "next_hop", l.NextHop
}

// newClient delivers to a next hop as the configuration names it.
func newClient(hop string, cfg *config.Config) *proxy.Client {
	address, lmtp := strings.CutPrefix(hop, config.LMTP)
	return &proxy.Client{Address: address, LMTP: lmtp, Hostname: cfg.Server.Hostname}
}

// client delivers to a next hop.
func (h *house) client(address string) *proxy.Client {
	c := newClient(address, h.cfg)
	c.Own = &h.own
	return c
}

// canSplit reports whether every outbound listener can send several copies: only then may an
// answer count on it.
func canSplit(cfg *config.Config) bool {
	return !slices.ContainsFunc(cfg.Listener, func(l config.Listener) bool {
		return l.Direction != gateway.Inbound && l.Protocol == config.Milter && l.Reinject == ""
	})
}
