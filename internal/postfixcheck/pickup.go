package postfixcheck

// This file is sendmail(1): mail of programs and of every local user, which
// pickup(8) takes and whose milters cleanup(8) asks.

import "strings"

// cleanupOf is the cleanup service behind another one; nil is main.cf alone.
func (p *Postfix) cleanupOf(s *Service) *Service {
	name := p.value(s, "cleanup_service_name")
	if name == "" {
		name = "cleanup"
	}
	for i := range p.Services {
		if c := &p.Services[i]; c.Name == name && c.Type == "unix" {
			return c
		}
	}
	return nil
}

// pickups looks at every pickup, or at main.cf when there is none.
func pickups(p *Postfix, g *Gateway) (out findings) {
	for i := range p.Services {
		if s := &p.Services[i]; s.Command == "pickup" {
			out = append(out, pickup(p, g, s)...)
		}
	}
	if len(out) == 0 {
		return pickup(p, g, nil)
	}
	return out
}

func pickup(p *Postfix, g *Gateway, s *Service) (out findings) {
	const name = "pickup"
	cleanup := p.cleanupOf(s)
	list := milters(p.value(cleanup, "non_smtpd_milters"))
	if strings.Contains(p.value(s, "receive_override_options"), "no_milters") {
		list = nil
	}
	mine := ours(list, g)
	listeners := listenersOf(mine, filterListener(p, g, s))
	switch {
	case len(listeners) == 0:
		return findings{bad("%s: mail of sendmail(1) does not pass sealgate%s; set non_smtpd_milters to the "+
			"outbound listener%s", name, valuesFound(p, s, cleanup, "non_smtpd_milters"), addresses(g, "outbound"))}
	case !sendsOut(listeners):
		return findings{bad("%s: mail of sendmail(1) passes sealgate only inbound (%s): neither orders nor rules "+
			"hold for it, and it leaves in clear; set non_smtpd_milters to the outbound listener", name, through(listeners))}
	}
	out.good("%s: passes sealgate (%s); its client looks like 127.0.0.1, so with orders_from "+
		"loopback every local user may order", name, through(listeners))
	for _, d := range listeners {
		if d.Direction == "outbound" && !d.takesOrdersFrom(loopbackAddress) {
			out.note("%s: programs that use sendmail(1) may not order: 127.0.0.1, as which they are seen, is not in "+
				"orders_from of %s", name, d.Address)
		}
		if d.Direction == "auto" {
			out.note("%s: %s is auto and takes mail of sendmail(1) as outgoing only with 127.0.0.1 in "+
				"its orders_from", name, d.Address)
		}
	}
	out = append(out, actions(p, cleanup, name, mine)...)
	return append(out, order(name, list, mine)...)
}
