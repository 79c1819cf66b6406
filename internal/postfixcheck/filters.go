package postfixcheck

// This file looks at content filters of others: where their mail comes back, and what they do to
// mail that has passed sealgate.

import (
	"slices"
	"strings"
)

// filterSettings name a filter behind and before the queue.
var filterSettings = []string{"content_filter", "smtpd_proxy_filter"}

// foreignFilters are those that mail is given to after Postfix has taken it, and that are not ours.
func (p *Postfix) foreignFilters(g *Gateway) (all []string) {
	for i := range p.Services {
		s := &p.Services[i]
		if s.Command != "smtpd" && s.Command != "pickup" {
			continue
		}
		for _, name := range filterSettings {
			if v := p.value(s, name); v != "" && filterListener(p, g, s) == nil {
				all = append(all, v)
			}
		}
	}
	return unique(all)
}

// takesFilterOff reports whether a service's own settings say that it has no filter, though others do.
func takesFilterOff(s *Service) bool {
	return slices.ContainsFunc(filterSettings, func(name string) bool {
		v, own := s.Override[name]
		return own && v == ""
	})
}

// afterFilter judges a service that looks as the way back of another's filter: for this machine
// alone, and told to have none itself. What comes here has passed sealgate where it came in.
func afterFilter(p *Postfix, g *Gateway, s *Service, name string, listeners []*Listener) findings {
	filters := strings.Join(p.foreignFilters(g), ", ")
	if filters == "" || !takesFilterOff(s) || s.Type != "inet" || !p.loopback(s) || submits(s) {
		return nil
	}
	if len(listeners) > 0 {
		return findings{bad("%s: it looks as the way back of a filter (%s), and mail would pass sealgate a second time, "+
			"which takes its first verdict off; add -o smtpd_milters= here, if mail passes sealgate where it comes in",
			name, filters)}
	}
	return findings{note("%s: it looks as the way back of a filter (%s): so it is right that its mail does not pass "+
		"sealgate again. Whatever else a program on this machine delivers here does not pass sealgate at all", name,
		filters)}
}

// filtered: an after-queue filter of others gets what sealgate has made of the mail.
func filtered(p *Postfix, s *Service, name string, mine []milterEntry) (out findings) {
	filter := p.value(s, "content_filter")
	if filter == "" {
		return nil
	}
	for _, m := range mine {
		if m.listener.Direction != "outbound" {
			out.note("%s: content_filter (%s) gets decrypted mail after sealgate: what it sends back to the sender would "+
				"tell him of it, and a copy that it keeps is in clear", name, filter)
		}
		if m.listener.Direction != "inbound" {
			out.note("%s: content_filter (%s) gets mail after sealgate has signed it: if it adds a footer or changes "+
				"anything else, the signature is broken; it must leave outgoing mail as it is", name, filter)
		}
	}
	return out.distinct()
}
