package sessions

// This file says whose orders a listener takes.

import (
	"net/netip"
	"slices"
)

// MayOrder reports whether a client may give orders: one that has logged in, or whose
// address lies in one of the listener's networks.
func MayOrder(networks []netip.Prefix, client netip.Addr, user string) bool {
	return user != "" || slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(client) })
}
