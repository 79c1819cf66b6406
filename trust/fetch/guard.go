package fetch

// This file says which addresses a request may go to, after the name has been
// resolved: a name may resolve to anything.

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// closed are the networks that are nobody's business outside, beside those that
// netip knows by name (RFC 6890 and its registries). Of IPv6 only 2000::/3 is given
// out (RFC 4291 §2.4).
var closed = prefixes(
	"0.0.0.0/8",
	"100.64.0.0/10",
	"192.0.0.0/24",
	"192.0.2.0/24",
	"192.88.99.0/24",
	"198.18.0.0/15",
	"198.51.100.0/24",
	"203.0.113.0/24",
	"240.0.0.0/4",
	"::/3",
	"4000::/2",
	"8000::/1",
	"2001::/23",
	"2001:db8::/32",
	"3fff::/20",
)

// translated are networks whose addresses hold an IPv4 address, from bit 96 or
// (6to4) bit 16 on.
var nat64, sixToFour = netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// guard judges the address that is about to be dialled.
func guard(allow []netip.Prefix) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, network, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return fmt.Errorf("%w: %s %s", ErrRefused, network, address)
		}
		return permitted(to, allow)
	}
}

func permitted(to netip.AddrPort, allow []netip.Prefix) error {
	a := to.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return nil
	}
	if b := untranslated(a); notPublic(b) || own(b) {
		return fmt.Errorf("%w: it leads to %s, inside the house (trust.fetch_allow permits addresses)", ErrRefused, a)
	}
	if p := to.Port(); p != 80 && p != 443 {
		return fmt.Errorf("%w: port %d", ErrRefused, p)
	}
	return nil
}

// untranslated is the IPv4 address that a holds for a translator, else a.
func untranslated(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// notPublic reports whether an address is none of the public Internet's.
func notPublic(a netip.Addr) bool {
	return !a.IsGlobalUnicast() || a.IsPrivate() ||
		slices.ContainsFunc(closed, func(p netip.Prefix) bool { return p.Contains(a) })
}

// own reports whether an address is this machine's; in doubt it is.
func own(a netip.Addr) bool {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(list, func(n net.Addr) bool {
		p, err := netip.ParsePrefix(n.String())
		return err == nil && p.Addr().Unmap() == a
	})
}
