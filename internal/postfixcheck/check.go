// Package postfixcheck reads a Postfix configuration and names every way past
// the gateway: `sealgate check --postfix`.
package postfixcheck

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Check judges p against g. The findings say which ways there are, good ones too.
func Check(p *Postfix, g *Gateway) []Finding {
	var out findings
	for _, check := range []func(*Postfix, *Gateway) findings{
		comments, smtpdServices, pickups, waysBack, clients, rewriting, size, aliases, routing, instances,
	} {
		out = append(out, check(p, g)...)
	}
	return out
}

// smtpdServices looks at every smtpd.
func smtpdServices(p *Postfix, g *Gateway) (out findings) {
	for i := range p.Services {
		s := &p.Services[i]
		if s.Command == "smtpd" {
			out = append(out, smtpdService(p, g, s)...)
			out = append(out, exposed(p, g, s)...)
		}
	}
	return out
}

// smtpdService judges one smtpd: by which of our listeners its mail passes, if any.
func smtpdService(p *Postfix, g *Gateway, s *Service) (out findings) {
	name := s.Name + "/" + s.Type
	if g.leadsTo(s) {
		return wayBack(p, g, s, name)
	}
	list := milters(p.value(s, "smtpd_milters"))
	if strings.Contains(p.value(s, "receive_override_options"), "no_milters") {
		list = nil
	}
	mine := ours(list, g)
	filter := filterListener(p, g, s)
	if found := blind(p, s, name, mine); found != nil {
		if filter == nil {
			return found
		}
		out = found
		list = nil
		mine = nil
	}
	listeners := listenersOf(mine, filter)
	if found := afterFilter(p, g, s, name, listeners); found != nil {
		return found
	}
	if len(listeners) == 0 {
		return append(out, missing(p, g, s, name)...)
	}
	out = append(out, passes(p, s, name, listeners)...)
	out = append(out, orders(p, s, name, mine, filter)...)
	out = append(out, patience(p, s, name)...)
	out = append(out, mappings(p, s, name)...)
	out = append(out, actions(p, s, name, mine)...)
	out = append(out, order(name, list, mine)...)
	out = append(out, notices(p, s, name, mine)...)
	out = append(out, filtered(p, s, name, mine)...)
	out = append(out, sockets(p, name, listeners)...)
	out = append(out, changedBefore(p, s, name, listeners)...)
	out = append(out, mayRefuse(name, following(p, s, list, mine))...)
	out = append(out, held(p, s, name, list, mine)...)
	out = append(out, newline(p, s, name)...)
	return append(out, chroot(p, s, name, mine)...)
}

// wayBack judges a service that takes our mail back.
func wayBack(p *Postfix, g *Gateway, s *Service, name string) (out findings) {
	if !strings.Contains(p.value(s, "receive_override_options"), "no_milters") &&
		len(ours(milters(p.value(s, "smtpd_milters")), g)) > 0 {
		return findings{bad("%s: our own mail comes back here and would pass sealgate twice; add -o "+
			"receive_override_options=no_milters", name)}
	}
	if filter := filterListener(p, g, s); filter != nil {
		return findings{bad("%s: our own mail comes back here and would pass sealgate again at %s; add -o "+
			"content_filter= -o smtpd_proxy_filter=", name, filter.Address)}
	}
	out.good("%s: takes our mail back, without passing sealgate again", name)
	out = append(out, changedBehind(p, s, name)...)
	return append(out, returned(p, g, s, name)...)
}

// proxyTimeout is what sealgate and its next hop may take for a message
// (docs/postfix.md).
const proxyTimeout = 600 * time.Second

// patience: a Postfix that gives up while the next hop still works on the message lets
// the client send it again.
func patience(p *Postfix, s *Service, name string) findings {
	v := p.value(s, "smtpd_proxy_timeout")
	if d, ok := duration(v); p.value(s, "smtpd_proxy_filter") == "" || ok && d >= proxyTimeout {
		return nil
	}
	return findings{note("%s: smtpd_proxy_timeout is %q; a next hop that is slower lets mail arrive twice, set "+
		"it to 600s", name, v)}
}

// newline: a bare LF that ends lines makes two mails of one before sealgate sees them.
func newline(p *Postfix, s *Service, name string) findings {
	v := p.value(s, "smtpd_forbid_bare_newline")
	if slices.Contains([]string{"yes", "normalize", "reject"}, v) {
		return nil
	}
	return findings{bad("%s: smtpd_forbid_bare_newline is %q: a second mail of any sender can be smuggled in; "+
		"set it to yes", name, v)}
}

// mappings: what an after-queue filter's Postfix adds before sealgate is taken for a
// recipient of the sender's.
func mappings(p *Postfix, s *Service, name string) findings {
	if p.value(s, "content_filter") == "" ||
		strings.Contains(p.value(s, "receive_override_options"), "no_address_mappings") {
		return nil
	}
	for _, m := range []string{"always_bcc", "sender_bcc_maps", "recipient_bcc_maps", "virtual_alias_maps"} {
		if p.value(s, m) != "" {
			return findings{bad("%s: %s adds recipients before sealgate, and mail to be encrypted for them is "+
				"refused; add -o receive_override_options=no_address_mappings", name, m)}
		}
	}
	return nil
}

// units are the letters behind Postfix's time values (postconf(5)).
var units = map[byte]time.Duration{
	's': time.Second,
	'm': time.Minute,
	'h': time.Hour,
	'd': 24 * time.Hour,
	'w': 7 * 24 * time.Hour,
}

// duration reads a time value; without a unit they are seconds.
func duration(v string) (time.Duration, bool) {
	unit := time.Second
	if n := len(v) - 1; n >= 0 {
		if u, ok := units[v[n]]; ok {
			unit = u
			v = v[:n]
		}
	}
	n, err := strconv.Atoi(v)
	return time.Duration(n) * unit, err == nil
}

// size: a replaced body over Postfix's limit is refused after all work is done.
func size(p *Postfix, g *Gateway) findings {
	limit, err := strconv.ParseInt(p.Main["message_size_limit"], 10, 64)
	switch {
	case err != nil:
		return findings{bad("message_size_limit %q is not a number", p.Main["message_size_limit"])}
	case limit != 0 && limit < g.MessageSize:
		return findings{bad("message_size_limit is %d, below sealgate's limits.message_size of %d: larger results "+
			"would be refused with 552; outbound needs twice what the helpdesk may send", limit, g.MessageSize)}
	}
	return append(mailboxLimits(p, limit), good("message_size_limit %d is enough for results of %d", limit, g.MessageSize))
}

// mailboxLimits: local(8) and virtual(8) do not start when a mail may be larger than a mailbox.
func mailboxLimits(p *Postfix, limit int64) (out findings) {
	for _, m := range []struct{ name, program, domains string }{
		{"mailbox_size_limit", "local", "mydestination"}, {"virtual_mailbox_limit", "virtual", "virtual_mailbox_domains"},
	} {
		if p.value(nil, m.domains) == "" || !slices.ContainsFunc(p.Services, func(s Service) bool {
			return s.Command == m.program
		}) {
			continue // nothing is delivered by it
		}
		most, err := strconv.ParseInt(p.Main[m.name], 10, 64)
		if err != nil || most == 0 || limit != 0 && most >= limit {
			continue
		}
		mail := strconv.FormatInt(limit, 10)
		if limit == 0 {
			mail = "0, which is unlimited"
		}
		out.bad("%s is %d, below message_size_limit (%s): %s(8) does not start, and mail for it waits in the queue; "+
			"set it to 0", m.name, most, mail, m.program)
	}
	return out
}
