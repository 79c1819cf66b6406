package postfixcheck

// This file asks who may send out through a service: orders and rules hold at an
// outbound or auto listener only, so an inbound one lets their mail leave in clear.

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// sendsOut reports whether one of the listeners holds orders and rules.
func sendsOut(listeners []*Listener) bool {
	return slices.ContainsFunc(listeners, func(d *Listener) bool {
		return d.Direction == "outbound" || d.Direction == "auto"
	})
}

// takesIn reports whether one of the listeners opens and judges mail.
func takesIn(listeners []*Listener) bool {
	return slices.ContainsFunc(listeners, func(d *Listener) bool { return d.Direction != "outbound" })
}

// fromOutside reports whether other mail servers deliver here: at port 25 (RFC 5321 §4.5.4.2), or
// behind postscreen(8).
func (p *Postfix) fromOutside(s *Service) bool {
	return s.Type == "pass" || s.Type == "inet" && portOf(s.Name) == "25" && !p.loopback(s)
}

// orders: who may not order hears 550 to each order. A milter knows the client and whether he has
// logged in, an SMTP listener sees Postfix alone.
func orders(p *Postfix, s *Service, name string, mine []milterEntry, filter *Listener) (out findings) {
	login := strings.EqualFold(p.value(s, "smtpd_sasl_auth_enable"), "yes")
	for _, m := range mine {
		if m.listener.Direction == "outbound" && !login && len(m.listener.OrdersFrom) == 0 {
			out.bad("%s: nobody may order at %s: clients do not log in here (smtpd_sasl_auth_enable is not yes), and the "+
				"listener has no orders_from; every order is 550 \"not allowed to order\". Set the one or the other",
				name, m.listener.Address)
		}
	}
	if filter != nil && filter.Direction == "outbound" && !filter.takesOrdersFrom(loopbackAddress) {
		out.bad("%s: nobody may order at %s: its client is Postfix itself, which is not in the listener's orders_from; "+
			"every order is 550 \"not allowed to order\". Add \"127.0.0.0/8\"", name, filter.Address)
	}
	return out
}

// loopbackAddress is Postfix's, as an SMTP listener sees it, and that of sendmail(1), as a milter does.
var loopbackAddress = netip.MustParseAddr("127.0.0.1")

func (l *Listener) takesOrdersFrom(client netip.Addr) bool {
	return slices.ContainsFunc(l.OrdersFrom, func(n netip.Prefix) bool { return n.Contains(client) })
}

// through says by which listeners mail passes: "inbound at 127.0.0.1:8891".
func through(listeners []*Listener) string {
	var each []string
	for _, d := range listeners {
		each = append(each, fmt.Sprintf("%s at %s", d.Direction, d.Address))
	}
	return strings.Join(each, ", ")
}

// passes reports the listeners of a service, and demands one for outgoing mail where
// its clients send such.
func passes(p *Postfix, s *Service, name string, listeners []*Listener) (out findings) {
	who, fault := p.senders(s)
	switch {
	case p.fromOutside(s) && !takesIn(listeners):
		return findings{bad("%s: passes sealgate only outbound (%s), but the world's mail comes in here: what is "+
			"encrypted stays so, and no signature is judged; give it the inbound listener", name, through(listeners))}
	case who == "" || sendsOut(listeners):
		return findings{good("%s: passes sealgate (%s)", name, through(listeners))}
	case fault:
		return findings{bad("%s: passes sealgate only inbound (%s), but %s: neither orders nor rules hold for "+
			"mail that is sent there, and it leaves in clear; %s", name, through(listeners), who, p.outward(s))}
	}
	out.good("%s: passes sealgate (%s)", name, through(listeners))
	out.note("%s: %s: neither orders nor rules hold for mail that they send there; let them use sendmail(1) or a "+
		"service with the outbound listener, or make this listener auto", name, who)
	return out
}

// outward is the remedy: the setting that leads to an outbound listener.
func (p *Postfix) outward(s *Service) string {
	if submits(s) {
		return "give it -o smtpd_milters= with the outbound listener, or make the listener auto"
	}
	return "keep them out here (smtpd_sasl_auth_enable=no, smtpd_relay_restrictions=reject_unauth_destination) " +
		"and give them a service with the outbound listener, or make this listener auto"
}

// submission are the services that RFC 6409 and RFC 8314 give to senders.
var submission = []string{"587", "465", "submission", "submissions", "smtps", "urd", "ssmtp"}

func submits(s *Service) bool {
	return s.Type != "unix" && slices.Contains(submission, portOf(s.Name))
}

// senders says who sends out through a service, "" for nobody, and whether that is
// more than this machine alone.
func (p *Postfix) senders(s *Service) (who string, fault bool) {
	relay := p.value(s, "smtpd_relay_restrictions")
	if strings.TrimSpace(relay) == "" {
		relay = p.value(s, "smtpd_recipient_restrictions")
	}
	networks := p.value(s, "mynetworks")
	switch {
	case submits(s):
		return "it is a submission service", true
	case strings.EqualFold(p.value(s, "smtpd_sasl_auth_enable"), "yes"):
		return "its clients may log in (smtpd_sasl_auth_enable)", true
	case strings.Contains(relay, "permit_tls_"):
		return "it relays for clients with a TLS certificate (smtpd_relay_restrictions)", true
	case strings.Contains(relay, "permit_mynetworks") && !onlyHere(networks):
		return "it relays for mynetworks (" + networks + ")", true
	case strings.Contains(relay, "check_client_access"):
		return "it may relay for clients of check_client_access (smtpd_relay_restrictions), which is not followed", false
	case strings.Contains(relay, "permit_mynetworks"):
		return "it relays for programs on this machine (mynetworks)", false
	}
	return "", false
}

// onlyHere reports whether mynetworks names nothing but this machine.
func onlyHere(networks string) bool {
	for _, n := range words(networks) {
		n = strings.NewReplacer("[", "", "]", "").Replace(n)
		if strings.HasPrefix(n, "!") {
			continue
		}
		net, err := netip.ParsePrefix(n)
		if one, bad := netip.ParseAddr(n); bad == nil {
			net = netip.PrefixFrom(one, one.BitLen())
			err = nil
		}
		if err != nil || !net.Addr().Unmap().IsLoopback() && !(net.IsSingleIP() && isMine(net.Addr())) {
			return false
		}
	}
	return true
}

// isMine reports whether an address is one of this machine's.
func isMine(a netip.Addr) bool {
	all, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(all, func(each net.Addr) bool {
		n, err := netip.ParsePrefix(each.String())
		return err == nil && n.Addr().Unmap() == a.Unmap()
	})
}
