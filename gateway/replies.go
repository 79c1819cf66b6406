package gateway

// This file carries out the rules for mail that refers to encrypted mail: it groups or
// refuses it, remembers it, and tells of what leaves in clear all the same.

import (
	"context"
	"slices"
	"strings"

	"sealgate/certstore"
	"sealgate/internal/address"
)

// planReply makes the copies of a mail that refers to an encrypted one. If-possible is
// for all who are outside the house: in clear when nobody of them can be encrypted to,
// else nobody gets it in clear. Those in the house may.
func (m *outboundMail) planReply(p *plan, served, others []string, all lookUps) error {
	exposed := m.g.leaving(all.missing)
	switch {
	case len(exposed) > 0 && len(exposed) < len(m.g.leaving(others)):
		return m.refuseReply(exposed)
	case len(exposed) > 0:
		return nil
	case len(all.missing) > 0 && !m.env.CanSplit:
		return refuseMixed(all.missing)
	}
	return m.group(p, served, others, all.found, all.missing)
}

// refuseReply refuses a mail that refers to an encrypted one because of the recipients
// who have no certificate. An admin is told about those who may be agents: mail to
// their domain is inside when server.domains says so.
func (m *outboundMail) refuseReply(missing []string) *refusal {
	domains := m.g.domainsOfMailboxes(missing)
	if len(domains) > 0 {
		m.log.Warn("refused in clear to people who may be our own; "+
			"if their mail stays in the house, add their domain to server.domains", "domains", domains,
			"because", m.reply.words(), "setting", m.reply.setting())
	}
	return refuse(m.reply.token(), recipientList(missing))
}

// domainsOfMailboxes are the domains of recipients that a mailbox of ours has too.
func (g *Gateway) domainsOfMailboxes(recipients []string) (domains []string) {
	for _, to := range recipients {
		domain := address.Domain(ruleAddress(to))
		for _, box := range g.o.Ring.Mailboxes() {
			if slices.ContainsFunc(box.Addresses, func(a string) bool { return address.Domain(a) == domain }) {
				domains = append(domains, domain)
			}
		}
	}
	return unique(domains)
}

// remember notes what leaves: an encrypted mail, so that its thread goes on encrypted,
// or a mailbox's mail in clear.
func (m *outboundMail) remember(ctx context.Context, p *plan) error {
	if !p.keep && !p.encrypts() {
		if m.box == nil || m.id == "" {
			return nil
		}
		return m.g.rememberPlain(ctx, m.id)
	}
	parties := []string{m.from}
	for _, g := range p.groups {
		if g.encrypt == nil && !p.keep {
			continue
		}
		for _, to := range g.to {
			parties = append(parties, ruleAddress(to))
		}
	}
	now := certstore.Memory{HiddenSubject: m.hides(p), Own: true, Writers: writerHashes(m.id, parties)}
	return m.g.remember(ctx, m.id, now)
}

// countInClear tells of a mail that leaves in clear though it refers to encrypted mail.
func (m *outboundMail) countInClear(p *plan) {
	if !m.reply.refers || p.keep || !m.leavesInClear(p) {
		return
	}
	m.g.o.Counters.RepliesInClear.Add(1)
	m.log.Warn("leaves in clear though it refers to encrypted mail",
		"because", m.reply.words(), "allowed_by", m.permission(), "from", m.from)
}

// leavesInClear reports whether somebody outside the house gets a copy in clear.
func (m *outboundMail) leavesInClear(p *plan) bool {
	return slices.ContainsFunc(p.groups, func(g group) bool { return g.encrypt == nil && len(m.g.leaving(g.to)) > 0 })
}

// permission is what let it leave in clear.
func (m *outboundMail) permission() string {
	demand := m.g.o.Outbound.demand(m.reply, Unset)
	switch {
	case m.reply.answers() && m.orders.Encrypt == No:
		return "order " + strings.ToLower(m.g.o.Headers.Prefix) + "encrypt: no"
	case demand == IfPossible:
		return m.reply.setting() + " = if-possible: nobody among the recipients has a usable certificate"
	}
	return m.reply.setting() + " = off"
}
