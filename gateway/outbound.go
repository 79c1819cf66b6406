package gateway

// This file handles outbound mail: who may order what, and which copies leave.

import (
	"context"
	"slices"

	"sealgate/internal/address"
	"sealgate/smime"
	"sealgate/spool"
)

func (g *Gateway) outbound(
	ctx context.Context,
	env Envelope,
	e *smime.Entity,
	share *spool.Spool,
	entry *Entry,
) (*Outcome, error) {
	m := newOutboundMail(g, env, e, entry)
	m.log = entry.beside(g.o.Log)
	m.spool = share
	p, err := m.decide(ctx)
	if err != nil {
		return nil, err
	}
	out, err := m.carryOut(ctx, p)
	if err != nil {
		m.owned.Close()
		return nil, err
	}
	out.Owned = m.owned
	if err := m.remember(ctx, p); err != nil {
		out.Close()
		return nil, err
	}
	m.countInClear(p)
	m.note(p)
	return out, nil
}

// note puts what was done into the entry of the log.
func (m *outboundMail) note(p *plan) {
	m.entry.MessageID = logged(m.id)
	if p.credential != nil {
		m.entry.SignedBy = fingerprint(p.credential.Certificate)
	}
	for _, g := range p.groups {
		for _, c := range g.encrypt {
			m.entry.encryptedFor(c)
		}
	}
}

// decide refuses the mail, or says what is to be done with it.
func (m *outboundMail) decide(ctx context.Context) (*plan, error) {
	if r := m.readOrders(); r != nil {
		return nil, r
	}
	if r := m.g.removals(m.e, removedOutbound); r != nil {
		return nil, r
	}
	if err := m.losesNoOrder(); err != nil {
		return nil, err
	}
	if err := m.combine(ctx); err != nil {
		return nil, err
	}
	if m.fromErr != nil && (m.want.Sign == Yes || m.want.Encrypt == Yes) {
		return nil, refuse(TokenFrom)
	}
	return m.plan(ctx)
}

// readOrders takes the X-SMIME fields in and holds them against who may order.
func (m *outboundMail) readOrders() *refusal {
	o, r := m.g.readOrders(m.e.Fields)
	if r != nil {
		return r
	}
	if slices.ContainsFunc(m.e.Fields, m.g.hidesField) {
		return refuse(TokenHiddenOrder)
	}
	if r := m.g.readSensitivity(&o, m.e.Fields); r != nil {
		return r
	}
	m.orders = o
	m.entry.Orders = o.texts()
	if !o.given {
		return nil
	}
	return m.mayUse(TokenMayNotOrder)
}

// losesNoOrder refuses a mail with an order that would leave as text.
func (m *outboundMail) losesNoOrder() error {
	name, err := m.lostOrder()
	if err != nil {
		return err
	}
	if name == "" {
		return nil
	}
	return refuse(TokenLostOrder, printable(name, 40))
}

// combine puts together rules, defaults, what the mail answers, and orders.
func (m *outboundMail) combine(ctx context.Context) error {
	recipients, err := m.ruleAddresses()
	if err != nil {
		return err
	}
	rules, how, which := rulesFor(m.g.o.Rules, m.senders(), recipients, m.subject())
	m.entry.Rules = which
	m.how = how
	m.tags = tagsToRemove(m.g.o.Rules, m.senders(), recipients, m.subject())
	m.signAs = signAs(m.g.o.Rules, m.senders(), recipients, m.subject())
	var fallback Demand
	if !m.exempt() {
		fallback = m.defaults()
	}
	if err := m.readReply(ctx); err != nil {
		return err
	}
	m.asked = combine(rules, fallback, m.orders.Demand)
	m.demanded = m.g.o.Outbound.demand(m.reply, m.orders.Encrypt)
	m.want = m.asked.strongest(Demand{Encrypt: m.demanded})
	return nil
}

// ruleAddresses are the recipients as rules compare them, and all that Postfix may
// deliver them to: whoever has a rule for boss@bank.example has it for
// "boss@bank.example"@firma.example.
func (m *outboundMail) ruleAddresses() (all []string, err error) {
	for _, to := range m.env.To {
		all = append(all, ruleAddress(to))
		routes, ok := address.Routes(to)
		if !ok {
			return nil, refuse(TokenRouted, printable(to, 100))
		}
		for _, r := range routes {
			all = append(all, ruleAddress(r))
		}
	}
	return all, nil
}

// defaults are those of the sender's mailbox, the strongest when it may be several.
func (m *outboundMail) defaults() (d Demand) {
	for _, a := range m.senders() {
		if box := m.g.o.Ring.ByFrom(a); box != nil {
			d = d.strongest(m.g.o.Defaults[box])
		}
	}
	return d
}

// exempt reports whether mere defaults do not apply: invitations, delivery status
// notifications and automatic replies.
func (m *outboundMail) exempt() bool {
	if m.env.From == "" || m.saysAutoSubmitted() {
		return true
	}
	media, _ := m.e.ContentType()
	return media == "text/calendar" || media == "multipart/report" || m.hasCalendar(media)
}

// hasCalendar looks for the invitation that mailers put into an alternative; a
// calendar file that is attached to a mail is none.
func (m *outboundMail) hasCalendar(media string) bool {
	if media != "multipart/alternative" && media != "multipart/mixed" {
		return false
	}
	parts, err := m.e.Parts()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(parts, func(p *smime.Entity) bool {
		media, _ := p.ContentType()
		return media == "text/calendar" && !smime.IsAttachment(p)
	})
}
