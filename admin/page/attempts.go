package page

// This file bounds how often somebody may guess a password.

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A client has a few attempts at once, then three a minute; all clients together have one a second,
// so that a thousand of them are no faster, and hashes take one processor at most.
const (
	clientAttempts = 5
	clientEvery    = 20 * time.Second
	allAttempts    = 20
	allEvery       = time.Second
	maxClients     = 10000
)

// attempts are those of every client.
type attempts struct {
	now func() time.Time
	all *rate.Limiter

	mu      sync.Mutex
	clients map[netip.Prefix]*rate.Limiter // guarded by mu

	hashing sync.Mutex // one hash at a time: each takes 64 MiB
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{
		now: now, all: rate.NewLimiter(rate.Every(allEvery), allAttempts), clients: make(map[netip.Prefix]*rate.Limiter),
	}
}

// allow reports whether who asks from an address may try a password now.
func (a *attempts) allow(remote string) bool {
	return a.client(network(remote)).AllowN(a.now(), 1) && a.all.AllowN(a.now(), 1)
}

func (a *attempts) client(of netip.Prefix) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.clients[of]
	if one == nil {
		if len(a.clients) >= maxClients {
			clear(a.clients) // the bound of all remains
		}
		one = rate.NewLimiter(rate.Every(clientEvery), clientAttempts)
		a.clients[of] = one
	}
	return one
}

// network is who asks: an IPv4 address, or the /64 that one IPv6 customer has. A unix socket is one
// client.
func network(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits) // both are in range
	return prefix
}
