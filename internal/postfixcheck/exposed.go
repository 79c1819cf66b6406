package postfixcheck

// This file looks at services that some clients could use to get past sealgate,
// although the service itself is as it should be.

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// exposed reports what single clients could do at a service.
func exposed(p *Postfix, g *Gateway, s *Service) (out findings) {
	name := s.Name + "/" + s.Type
	if g.leadsTo(s) {
		if s.Type == "inet" && !p.loopback(s) && !p.gatewayOnly(s) {
			out.bad("%s: it takes our mail back and listens to more than this machine: who reaches it "+
				"gets past sealgate; write 127.0.0.1:%s, or, where sealgate runs elsewhere, let in that machine alone: "+
				"-o mynetworks=ADDRESS/32 -o smtpd_client_restrictions=permit_mynetworks,reject", name, portOf(s.Name))
		}
		return out
	}
	maps := p.value(s, "smtpd_milter_maps")
	if maps != "" && len(ours(milters(p.value(s, "smtpd_milters")), g)) > 0 {
		out.bad("%s: smtpd_milter_maps (%s) can take clients past sealgate, by DISABLE or by a list "+
			"without it, and is not followed; set -o smtpd_milter_maps= here and give those clients a service of "+
			"their own", name, maps)
	}
	return out
}

// loopback reports whether a service listens to this machine only. Without a host in
// its name inet_interfaces says where.
func (p *Postfix) loopback(s *Service) bool {
	host, _, err := net.SplitHostPort(s.Name)
	hosts := []string{host}
	if err != nil || host == "" {
		hosts = words(p.value(s, "inet_interfaces"))
	}
	return len(hosts) > 0 && !slices.ContainsFunc(hosts, func(h string) bool {
		a, err := netip.ParseAddr(strings.Trim(h, "[]"))
		return h != "localhost" && h != "loopback-only" && (err != nil || !a.Unmap().IsLoopback())
	})
}

// gatewayOnly reports whether a service has networks of its own, single machines all
// of them, and lets in nobody else.
func (p *Postfix) gatewayOnly(s *Service) bool {
	networks, own := s.Override["mynetworks"]
	return own && slices.Equal(words(p.value(s, "smtpd_client_restrictions")), []string{"permit_mynetworks", "reject"}) &&
		!slices.ContainsFunc(words(p.expand(networks)), func(n string) bool {
			net, err := netip.ParsePrefix(strings.NewReplacer("[", "", "]", "").Replace(n))
			return err != nil || !net.IsSingleIP() && !net.Addr().IsLoopback()
		})
}
