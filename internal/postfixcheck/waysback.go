package postfixcheck

// This file looks at where our mail goes on, and at sockets that Postfix has to open.

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// waysBack: a reinject or next_hop that nobody answers keeps all its mail with the senders.
func waysBack(p *Postfix, g *Gateway) (out findings) {
	for i := range g.Listeners {
		d := &g.Listeners[i]
		if d.Beyond == "" || slices.ContainsFunc(p.Services, func(s Service) bool {
			return s.Command == "smtpd" && sameEndpoint(s.Name, d.Beyond)
		}) {
			continue
		}
		switch {
		case !isHere(d.Beyond):
			out.note("%s, where sealgate hands over the mail of %s, is another machine: it was not looked at", d.Beyond,
				d.Address)
		case p.Answers != nil && p.Answers(d.Beyond):
			out.note("%s, where sealgate hands over the mail of %s, is no service of this Postfix: it answers, and was not "+
				"looked at", d.Beyond, d.Address)
		case !d.isUsed(p, g):
			out.note("%s, where sealgate hands over the mail of %s, does not answer; no service of this Postfix leads to "+
				"that listener", d.Beyond, d.Address)
		default:
			out.bad("%s, where sealgate hands over the mail of %s (reinject or next_hop), is no service of master.cf and "+
				"nobody answers there: that mail stays with its senders; add the service of docs/postfix.md", d.Beyond,
				d.Address)
		}
	}
	return out.distinct()
}

// isUsed reports whether mail that Postfix takes in meets the listener.
func (l *Listener) isUsed(p *Postfix, g *Gateway) bool {
	for i := range p.Services {
		s := &p.Services[i]
		setting := "smtpd_milters"
		asks := s
		switch s.Command {
		case "smtpd":
		case "pickup":
			setting = "non_smtpd_milters"
			asks = p.cleanupOf(s)
		default:
			continue
		}
		mine := ours(milters(p.value(asks, setting)), g)
		if slices.Contains(listenersOf(mine, filterListener(p, g, s)), l) {
			return true
		}
	}
	return false
}

// isHere reports whether an address is one of this machine.
func isHere(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "" || host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Unmap().IsLoopback() || a.IsUnspecified() || isMine(a))
}

// sockets: Postfix's user has to reach each folder of a unix socket's path, and to write to it.
func sockets(p *Postfix, name string, listeners []*Listener) (out findings) {
	for _, d := range listeners {
		path, unix := strings.CutPrefix(d.Address, "unix:")
		if !unix || p.MayOpen == nil {
			continue
		}
		if err := p.MayOpen(path); err != nil {
			out.bad("%s: Postfix cannot open %s: %v", name, d.Address, err)
		}
	}
	return out
}
