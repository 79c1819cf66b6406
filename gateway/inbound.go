package gateway

// This file handles inbound mail: strip, open, judge, hand over.

import (
	"context"
	"errors"
	"slices"

	"sealgate/internal/address"
	"sealgate/smime"
	"sealgate/spool"
)

func (g *Gateway) inbound(
	ctx context.Context,
	env Envelope,
	e *smime.Entity,
	share *spool.Spool,
	entry *Entry,
) (*Outcome, error) {
	if r := g.forgedOrder(e); r != nil {
		return nil, r
	}
	m := &inboundMail{
		g: g, env: env, e: e, log: entry.beside(g.o.Log), entry: entry, strip: deleteFields(e, g.lies), spool: share,
		contents: g.o.Store.BindContent,
	}
	if err := m.recipients(ctx); err != nil {
		return nil, err
	}
	if len(m.served) == 0 {
		if r := tooMany(len(m.strip)); r != nil {
			return nil, r
		}
		return accepted(Delivery{To: env.To, Edits: m.strip}), nil
	}
	if r := g.removals(e, removedInbound); r != nil {
		return nil, r
	}
	out, err := m.handle(ctx)
	if err == nil {
		out.Owned = m.owned
		return out, nil
	}
	m.owned.Close()
	if m.encrypted {
		m.log.Error("what was decrypted cannot be handed over: the mail is left as it came", "error", err)
		return m.leftAsItCame(ctx, withheldFor(err)), nil
	}
	if errors.Is(err, spool.ErrShare) {
		return m.unfoldsTooFar(ctx, err)
	}
	return nil, err
}

// unfoldsTooFar hands over as it came what could be opened, and becomes more than its
// share of the spool when it is written anew: it is a bomb all the same.
func (m *inboundMail) unfoldsTooFar(ctx context.Context, why error) (*Outcome, error) {
	var err error
	m.opened = &smime.Message{Outer: m.e, Inner: m.e, Malformed: why}
	m.verdict, err = m.g.verdictOf(ctx, m.opened, "")
	if err != nil {
		return nil, err
	}
	m.entry.judged(m.verdict, m.opened)
	action, _ := m.g.o.On.decide(m.verdict)
	if r := action.refusal(); r != nil {
		return m.g.rejected(r), nil
	}
	out := accepted(Delivery{To: m.env.To, Edits: m.withStatus(ctx, m.verdict, m.e, nil)})
	return m.g.hold(action, out, m.env), nil
}

// handle opens, judges and hands over.
func (m *inboundMail) handle(ctx context.Context) (*Outcome, error) {
	if err := m.open(ctx); err != nil {
		m.encrypted = errors.Is(err, smime.ErrDecrypting)
		return nil, err
	}
	m.owned = append(m.owned, m.opened)
	m.encrypted = hasEncrypted(m.opened)
	var err error
	m.verdict, err = m.g.verdictOf(ctx, m.opened, "")
	if err != nil {
		return nil, err
	}
	m.entry.judged(m.verdict, m.opened)
	for _, l := range m.opened.Layers {
		for _, k := range l.Keys {
			m.entry.openedBy(m.keys[k].key.Certificate)
		}
	}
	action, text := m.g.o.On.decide(m.verdict)
	if r := action.refusal(); r != nil && !m.tried() {
		return m.g.rejected(r), nil
	}
	if err := m.identify(); err != nil {
		return nil, err
	}
	if err := m.remember(ctx); err != nil {
		return nil, err
	}
	out, err := m.deliver(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case m.tried():
		return m.discreet(ctx, action, out), nil
	}
	return m.g.hold(action, out, m.env), nil
}

// forgedOrder refuses mail from outside that gives orders in the name of one of
// our mailboxes or of somebody in their domains: it is either a helpdesk that took the wrong door or a forgery.
func (g *Gateway) forgedOrder(e *smime.Entity) *refusal {
	o, unknown := g.readOrders(e.Fields)
	if !o.given && unknown == nil {
		return nil
	}
	ours := func(a string) bool { return g.o.Ring.ByFrom(a) != nil || g.o.Ring.ByDomain(a) != nil }
	if !slices.ContainsFunc(fromAddresses(e), ours) {
		return nil
	}
	return refuse(TokenWrongService, printable(g.o.Headers.Prefix, 20))
}

// fromAddresses are all addresses that can be read in From fields.
func fromAddresses(e *smime.Entity) (all []string) {
	for _, f := range e.Get("From") {
		if list, err := address.ParseList(f.Value()); err == nil {
			all = append(all, list...)
		}
	}
	return all
}

// deliver makes the copies. Where the adapter can give only one and the
// recipients may not all read the same, all get the message as it came.
func (m *inboundMail) deliver(ctx context.Context, text bool) (*Outcome, error) {
	owners, served, others := m.split()
	several := count(owners)+count(served)+count(others) > 1
	explain := m.needsExplanation() && (m.env.CanSplit || !several)
	if m.opened.Inner == m.opened.Outer && m.opened.Undecryptable == nil && !text && !explain {
		return accepted(m.confidential(Delivery{To: m.env.To, Edits: m.withStatus(ctx, m.verdict, m.e, nil)})), nil
	}
	if several && !m.env.CanSplit {
		return m.untouched(ctx)
	}
	out := &Outcome{Disposition: Accept}
	for _, makeCopy := range []func() (Delivery, error){
		func() (Delivery, error) { return m.readable(ctx, owners, text) },
		func() (Delivery, error) { return m.unreadable(ctx, served) },
		func() (Delivery, error) { return Delivery{To: others, Edits: m.strip}, nil },
	} {
		d, err := makeCopy()
		if err != nil {
			return nil, err
		}
		if len(d.To) > 0 {
			out.Deliveries = append(out.Deliveries, d)
		}
	}
	return out, nil
}
