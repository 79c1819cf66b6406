package postfixcheck

// This file names the settings by which Postfix delivers to another address than a
// recipient names.

import "slices"

// hacks are read by trivial-rewrite(8), whichever way mail enters.
var hacks = []struct{ setting, written, means string }{
	{"allow_percent_hack", "a%b@here", "a@b"},
	{"swap_bangpath", "b!a@here", "a@b"},
}

// routing: sealgate holds such recipients against the rules of both addresses and opens
// no mail for them, so that none of these settings lets anything past it; where they are
// off, an address is what it says.
func routing(p *Postfix, _ *Gateway) (out findings) {
	for _, h := range hacks {
		if p.value(nil, h.setting) == "no" {
			out.good("%s is no: mail to %s stays with that name", h.setting, h.written)
			continue
		}
		out.note("%s is on: mail to %s goes on to %s; sealgate refuses what it cannot encrypt to "+
			"such names; set it to no unless somebody writes so", h.setting, h.written, h.means)
	}
	if v := p.value(nil, "resolve_dequoted_address"); v == "no" {
		out.note("resolve_dequoted_address is no: a next hop that looks into \"a@b\"@here relays it " +
			"for strangers, and sealgate judges it as a@b all the same; set it to yes")
	} else {
		out.good("resolve_dequoted_address is on: mail to \"a@b\"@here goes on to a@b, and sealgate " +
			"judges it so")
	}
	return append(out, untrusted(p)...)
}

// untrusted: with it strangers' mail goes on to such addresses too.
func untrusted(p *Postfix) (out findings) {
	services := []*Service{nil}
	for i := range p.Services {
		if p.Services[i].Command == "smtpd" {
			services = append(services, &p.Services[i])
		}
	}
	if !slices.ContainsFunc(services, func(s *Service) bool { return p.value(s, "allow_untrusted_routing") == "yes" }) {
		return nil
	}
	return findings{bad("allow_untrusted_routing is yes: strangers can have mail sent on to any address, as " +
		"a%%b@here; set it to no")}
}
