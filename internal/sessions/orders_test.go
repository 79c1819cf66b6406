package sessions

import (
	"net/netip"
	"testing"
)

func TestMayOrder(t *testing.T) {
	networks := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	for _, c := range []struct {
		networks []netip.Prefix
		client   netip.Addr
		user     string
		want     bool
	}{
		{networks, netip.MustParseAddr("192.0.2.255"), "", true},
		{networks, netip.MustParseAddr("2001:db8::1"), "", true},
		{networks, netip.MustParseAddr("192.0.3.0"), "", false},
		{networks, netip.MustParseAddr("192.0.3.0"), "agent", true},
		{networks, netip.Addr{}, "", false}, // a unix socket, or an address that cannot be read
		{nil, netip.MustParseAddr("127.0.0.1"), "", false},
		{nil, netip.Addr{}, "agent", true},
	} {
		if got := MayOrder(c.networks, c.client, c.user); got != c.want {
			t.Errorf("%v, %q of %v: %v", c.client, c.user, c.networks, got)
		}
	}
}
