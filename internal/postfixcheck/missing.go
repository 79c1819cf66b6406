package postfixcheck

// This file says why mail does not pass sealgate where a setting looks as if it did.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// missing is the finding for an smtpd whose mail meets no listener of ours.
func missing(p *Postfix, g *Gateway, s *Service, name string) findings {
	direction := "inbound"
	if who, fault := p.senders(s); who != "" && fault {
		direction = "outbound"
	}
	if list := p.value(s, "smtpd_milters"); len(ours(milters(list), g)) > 0 && p.value(s, "smtpd_proxy_filter") == "" {
		return findings{bad("%s: mail that enters here does not pass sealgate: smtpd_milters has it, but "+
			"receive_override_options=no_milters keeps Postfix from asking; take no_milters out", name)}
	}
	return findings{bad("%s: mail that enters here does not pass sealgate%s; set smtpd_milters for it%s", name,
		valuesFound(p, s, s, "smtpd_milters"), addresses(g, direction))}
}

// valuesFound says which values stand where a listener of ours should: the port may be wrong.
func valuesFound(p *Postfix, s, ofMilters *Service, setting string) string {
	var values []string
	if v := p.value(ofMilters, setting); v != "" {
		values = append(values, fmt.Sprintf("%s is %q", setting, v))
	}
	for _, name := range []string{"smtpd_proxy_filter", "content_filter"} {
		if v := p.value(s, name); v != "" {
			values = append(values, fmt.Sprintf("%s is %q", name, v))
		}
	}
	if values == nil {
		return ""
	}
	return ": " + strings.Join(values, ", ") + ", which is no listener of sealgate's configuration"
}

// addresses are those of our milters of a direction, as Postfix writes them.
func addresses(g *Gateway, direction string) string {
	var all []string
	for _, d := range g.Listeners {
		if d.Protocol != "milter" || d.Direction != direction && d.Direction != "auto" {
			continue
		}
		if strings.HasPrefix(d.Address, "unix:") {
			all = append(all, d.Address)
		} else {
			all = append(all, "inet:"+d.Address)
		}
	}
	if all == nil {
		return ""
	}
	return " (" + strings.Join(slices.Compact(all), " or ") + ")"
}

// comments: Postfix knows no comment behind a value, so that it is part of it.
func comments(p *Postfix, _ *Gateway) (out findings) {
	said := func(where, name, value string) {
		if strings.Contains(value, " #") || strings.Contains(value, "\t#") {
			out.bad("%s%s is %q: to Postfix the comment is part of the value; put it on a line of its own", where, name, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Main)) {
		said("", name, p.Main[name])
	}
	for _, s := range p.Services {
		for _, name := range slices.Sorted(maps.Keys(s.Override)) {
			said(s.Name+"/"+s.Type+": ", name, s.Override[name])
		}
	}
	return out
}

// instances: each instance of Postfix has a configuration of its own.
func instances(p *Postfix, _ *Gateway) findings {
	others := p.value(nil, "multi_instance_directories")
	if others == "" {
		return nil
	}
	return findings{note("the other instances of Postfix (%s) were not looked at: sealgate check --postfix "+
		"--postfix-config DIRECTORY looks at one", others)}
}
