package postfixcheck

// This file finds sealgate's listeners, and where its mail goes on, among Postfix's settings.

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// leadsTo reports whether a service is where our mail goes on.
func (g *Gateway) leadsTo(s *Service) bool {
	return slices.ContainsFunc(g.Listeners, func(d Listener) bool {
		return d.Beyond != "" && sameEndpoint(s.Name, d.Beyond)
	})
}

// listenersOf are the listeners of milters and of a filter, which may be nil.
func listenersOf(mine []milterEntry, filter *Listener) (listeners []*Listener) {
	for _, m := range mine {
		listeners = append(listeners, m.listener)
	}
	if filter != nil {
		listeners = append(listeners, filter)
	}
	return listeners
}

// filterListener is our SMTP listener behind content_filter or, for smtpd alone,
// smtpd_proxy_filter.
func filterListener(p *Postfix, g *Gateway, s *Service) *Listener {
	names := []string{"content_filter"}
	if s != nil && s.Command == "smtpd" {
		names = []string{"smtpd_proxy_filter", "content_filter"}
	}
	for _, name := range names {
		v := p.value(s, name)
		for i := range g.Listeners {
			if d := &g.Listeners[i]; d.Protocol == "smtp" && v != "" && strings.Contains(v, portOf(d.Address)) &&
				sameEndpoint(lastEndpoint(v), d.Address) {
				return d
			}
		}
	}
	return nil
}

// lastEndpoint takes "transport:" and brackets off a filter's destination.
func lastEndpoint(v string) string {
	v = strings.NewReplacer("[", "", "]", "", "inet:", "").Replace(v)
	if strings.Count(v, ":") > 1 {
		_, v, _ = strings.Cut(v, ":")
	}
	return v
}

// sameEndpoint compares host:port or unix:path; localhost is 127.0.0.1, a bare
// port or any host of this machine's is compared by its port.
func sameEndpoint(a, b string) bool {
	if strings.HasPrefix(a, "unix:") || strings.HasPrefix(b, "unix:") {
		pa := strings.TrimPrefix(a, "unix:")
		pb := strings.TrimPrefix(b, "unix:")
		return pa == pb || strings.HasSuffix(pb, "/"+strings.TrimPrefix(pa, "/"))
	}
	return portOf(a) == portOf(b) && hostOf(a) == hostOf(b)
}

func portOf(s string) string {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		port = s
	}
	if known, err := net.LookupPort("tcp", port); err == nil {
		return strconv.Itoa(known)
	}
	return port
}

func hostOf(s string) string {
	host, _, err := net.SplitHostPort(s)
	if err != nil || slices.Contains([]string{"", "localhost", "::1", "0.0.0.0", "::"}, host) {
		return "127.0.0.1"
	}
	return host
}
