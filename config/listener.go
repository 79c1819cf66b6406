package config

// This file checks the listeners: what each may have, and that none leads back to
// ourselves.

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"sealgate/gateway"
)

// LMTP stands before a next hop that speaks LMTP.
const LMTP = "lmtp:"

// resolve makes the paths of a listener absolute, those of sockets too.
func (l *Listener) resolve(abs func(*string)) {
	for _, p := range []*string{&l.TLSCert, &l.TLSKey, &l.LoginFile} {
		abs(p)
	}
	for _, p := range []*string{&l.Address, &l.NextHop, &l.Reinject} {
		resolveSocket(p, abs)
	}
}

// resolveSocket makes the path of a unix socket absolute; other endpoints stay.
func resolveSocket(p *string, abs func(*string)) {
	before, path, ok := strings.Cut(*p, "unix:")
	if ok && path != "" && (before == "" || before == LMTP) {
		abs(&path)
		*p = before + "unix:" + path
	}
}

func (c *Config) listeners() error {
	seen := map[string]bool{}
	for i := range c.Listener {
		l := &c.Listener[i]
		err := l.check()
		if err == nil && seen[l.Address] {
			err = at("", 0, "address", errors.New("another listener has this address"))
		}
		seen[l.Address] = true
		if err != nil {
			return inListener(i+1, l, err)
		}
	}
	return c.circles()
}

func inListener(n int, l *Listener, err error) error {
	return within("listener", n, fmt.Sprintf("listener %d (%s)", n, l.Address), err)
}

// circles refuses a next hop that is one of our own doors: mail would go round
// until it has too many Received fields.
func (c *Config) circles() error {
	for i := range c.Listener {
		l := &c.Listener[i]
		for key, hop := range map[string]string{"next_hop": l.NextHop, "reinject": l.Reinject} {
			for k := range c.Listener {
				if hop != "" && leadsTo(hop, c.Listener[k].Address) {
					return inListener(i+1, l, at("", 0, key, fmt.Errorf("%s %q is our own listener %d: mail would go in a "+
						"circle; it must be a service of Postfix", key, hop, k+1)))
				}
			}
		}
	}
	return nil
}

// leadsTo reports whether who connects to hop reaches the listener at own.
func leadsTo(hop, own string) bool {
	hop = strings.TrimPrefix(hop, LMTP)
	if hop == own {
		return true
	}
	hopHost, hopPort, err := net.SplitHostPort(hop)
	ownHost, ownPort, bad := net.SplitHostPort(own)
	if err != nil || bad != nil || hopPort != ownPort {
		return false
	}
	h := loopback(hopHost)
	o := loopback(ownHost)
	everywhere := o == "" || net.ParseIP(o).IsUnspecified()
	return h == o || everywhere && (h == "" || net.ParseIP(h).IsLoopback())
}

func loopback(host string) string {
	if strings.EqualFold(host, "localhost") {
		return "127.0.0.1"
	}
	return host
}

func (l *Listener) check() error {
	if err := endpoint("address", l.Address); err != nil {
		return err
	}
	switch l.Protocol {
	case Milter:
		if l.NextHop != "" || l.LMTP || l.TLSCert+l.LoginFile != "" {
			return errors.New("next_hop, lmtp, tls_certificate and login_file are for protocol \"smtp\"; a milter has reinject")
		}
	case SMTP:
		if err := nextHop("next_hop", l.NextHop); err != nil {
			return err
		}
		if l.Reinject != "" {
			return errors.New("reinject is for protocol \"milter\"; smtp has next_hop")
		}
		if (l.TLSCert == "") != (l.TLSKey == "") {
			return errors.New("tls_certificate and tls_key go together")
		}
		if l.LoginFile != "" && l.TLSCert == "" {
			return errors.New("login_file needs tls_certificate: passwords are taken under TLS only")
		}
	default:
		return at("", 0, "protocol", errors.New("it needs a protocol: \"milter\" or \"smtp\""))
	}
	if l.Reinject != "" {
		if err := nextHop("reinject", l.Reinject); err != nil {
			return err
		}
	}
	if l.MaxSessions < 0 {
		return at("", 0, "max_sessions", fmt.Errorf("max_sessions %d is below 0", l.MaxSessions))
	}
	return l.checkDirection()
}

// checkDirection keeps orders off inbound listeners, and "auto" off smtp: behind
// a proxy all clients are 127.0.0.1.
func (l *Listener) checkDirection() error {
	switch l.Direction {
	case gateway.Inbound:
		if len(l.OrdersFrom) > 0 {
			return at("", 0, "orders_from", errors.New("orders_from on an inbound listener: nobody may order there"))
		}
	case gateway.Outbound:
	case gateway.Auto:
		if l.Protocol == SMTP {
			return at("", 0, "direction", errors.New("direction \"auto\" is for milters: all clients of a proxy are "+
				"Postfix itself"))
		}
	default:
		return at("", 0, "direction", errors.New("it needs a direction: \"inbound\", \"outbound\" or, for a "+
			"milter, \"auto\""))
	}
	return nil
}

// nextHop checks an endpoint that may speak LMTP.
func nextHop(key, s string) error { return endpoint(key, strings.TrimPrefix(s, LMTP)) }

func endpoint(key, s string) error {
	if path, ok := strings.CutPrefix(s, "unix:"); ok && path != "" {
		return nil
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return at("", 0, key, fmt.Errorf("%s %q is neither host:port nor unix:PATH", key, s))
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return at("", 0, key, fmt.Errorf("%s %q: %q is no port, which is a number up to 65535", key, s, port))
	}
	return nil
}
