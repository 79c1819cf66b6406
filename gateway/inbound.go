package gateway

// This file handles inbound mail: strip, open, judge, hand over.

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// inboundMail is one inbound message on its way through.
type inboundMail struct {
	g       *Gateway
	env     Envelope
	e       *smime.Entity
	log     *slog.Logger
	strip   []HeaderEdit
	spool   *spool.Spool                // its share, for all that is made of it
	served  map[string]*keyring.Mailbox // by recipient as received; the others are absent
	keys    []mailboxKey
	opened  *smime.Message
	verdict *verdict.Verdict
	ids     []string // the Message-IDs that it is remembered by

	encrypted bool     // it has an encrypted layer, whatever became of that
	withheld  withheld // why it is not opened, "" when it is

	owned Owned // what the copies read from
}

// mailboxKey is one credential of one mailbox.
type mailboxKey struct {
	mailbox *keyring.Mailbox
	key     cms.DecryptionKey
}

func (g *Gateway) inbound(
	ctx context.Context,
	env Envelope,
	e *smime.Entity,
	share *spool.Spool,
	log *slog.Logger,
) (*Outcome, error) {
	if r := g.forgedOrder(e); r != nil {
		return nil, r
	}
	m := &inboundMail{g: g, env: env, e: e, log: log, strip: g.stripLies(e.Fields), spool: share}
	m.recipients()
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
		log.Error("what was decrypted cannot be handed over: the mail is left as it came", "error", err)
		return m.leftAsItCame(ctx, reason(err)), nil
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
	if m.verdict, err = m.g.verdictOf(ctx, m.opened, ""); err != nil {
		return nil, err
	}
	m.report()
	action, _ := m.g.o.On.decide(m.verdict)
	if out := action.refuse(); out != nil {
		return out, nil
	}
	return action.hold(accepted(Delivery{To: m.env.To, Edits: m.withStatus(ctx, m.verdict, m.e, nil)}), m.env), nil
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
	if m.verdict, err = m.g.verdictOf(ctx, m.opened, ""); err != nil {
		return nil, err
	}
	m.report()
	action, text := m.g.o.On.decide(m.verdict)
	if out := action.refuse(); out != nil && !m.tried() {
		return out, nil
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
	return action.hold(out, m.env), nil
}

func accepted(d ...Delivery) *Outcome { return &Outcome{Verdict: Accept, Deliveries: d} }

// forgedOrder refuses mail from outside that gives orders in the name of one of
// our mailboxes: it is either a helpdesk that took the wrong door or a forgery.
func (g *Gateway) forgedOrder(e *smime.Entity) *refusal {
	o, unknown := g.readOrders(e.Fields)
	if !o.given && unknown == nil {
		return nil
	}
	if !slices.ContainsFunc(fromAddresses(e), func(a string) bool { return g.o.Ring.ByFrom(a) != nil }) {
		return nil
	}
	return refuse(
		550,
		"5.7.1",
		"not allowed to order: "+printable(g.o.Headers.Prefix, 20)+"* fields are for the outbound service",
	)
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

// recipients sorts out whose mail it is and collects their keys, each once.
func (m *inboundMail) recipients() {
	m.served = make(map[string]*keyring.Mailbox)
	var seen []*keyring.Mailbox
	for _, to := range m.env.To {
		box := m.g.served(to)
		if box == nil {
			continue
		}
		m.served[to] = box
		if slices.Contains(seen, box) {
			continue
		}
		seen = append(seen, box)
		for _, c := range box.Credentials {
			m.keys = append(m.keys, mailboxKey{box, cms.DecryptionKey{Certificate: c.Certificate, Key: c.Key}})
		}
	}
}

// open opens the mail with the keys of its recipients. A sender who asks for notices
// that cannot be kept from him gets the mail in as it came: opened, its header would go
// back to him.
func (m *inboundMail) open(ctx context.Context) (err error) {
	if m.env.WantsNotices && !m.env.CanSplit {
		m.keys = nil
		m.withheld = withheldNotices
	}
	keys := make([]cms.DecryptionKey, len(m.keys))
	for i, k := range m.keys {
		keys[i] = k.key
	}
	m.opened, err = m.openWith(ctx, keys)
	return err
}

// openShare is what opening may take of a message's time: a mail that takes longer is
// made to, and the rest is for delivering it as it came.
const openShare = 3.0 / 4

// openWith opens the message within its share of the time.
func (m *inboundMail) openWith(ctx context.Context, keys []cms.DecryptionKey) (*smime.Message, error) {
	within := ctx
	if end, ok := ctx.Deadline(); ok {
		left := float64(time.Until(end))
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, time.Duration(left*openShare))
		defer cancel()
	}
	sec := m.e.Section()
	opened, err := smime.Open(within, sec, sec.Size(), smime.OpenOptions{
		Keys: keys, Admit: m.admit(ctx), Spool: m.spool, MaxExpanded: m.g.o.Limits.Expanded,
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil && !errors.Is(err, smime.ErrDecrypting) {
		return &smime.Message{Outer: m.e, Inner: m.e, Malformed: errTooLong}, nil
	}
	return opened, err
}

var errTooLong = &smime.Error{Offset: -1, Problem: "takes more time to open than a message may"}

// report logs the verdict: statuses and fingerprints, never content.
func (m *inboundMail) report() {
	attrs := []any{"signature", string(m.verdict.Signature), "encryption", string(m.verdict.Encryption)}
	if m.verdict.Reason != "" {
		attrs = append(attrs, "reason", clean(m.verdict.Reason, maxReason))
	}
	if m.verdict.Signer != nil {
		attrs = append(attrs, "signer", signerAddress(m.verdict))
	}
	if m.opened.Malformed != nil {
		attrs = append(attrs, "malformed", clean(m.opened.Malformed.Error(), maxReason))
	}
	m.log.Info("inbound", attrs...)
}

// owns tells whether a mailbox may read the opened text: one of its own keys
// must have unwrapped the very content key of every encrypted layer. Being named in a
// RecipientInfo is nothing.
func (m *inboundMail) owns(box *keyring.Mailbox) bool {
	for _, l := range m.opened.Layers {
		if l.Encrypted() && l.Err == nil &&
			!slices.ContainsFunc(l.Keys, func(k int) bool { return m.keys[k].mailbox == box }) {
			return false
		}
	}
	return true
}

// decrypted tells whether any layer was: what then stands inside must not go
// where the ciphertext would.
func (m *inboundMail) decrypted() bool {
	return slices.ContainsFunc(m.opened.Layers, func(l smime.Layer) bool { return l.Encrypted() && l.Err == nil })
}

// split sorts the recipients: owners read the opened text, served ones without
// the right key and strangers get the message as it came.
func (m *inboundMail) split() (owners, served, others []string) {
	for _, to := range m.env.To {
		switch box := m.served[to]; {
		case box == nil:
			others = append(others, to)
		case m.owns(box):
			owners = append(owners, to)
		default:
			served = append(served, to)
		}
	}
	return owners, served, others
}

// deliver makes the copies. Where the adapter can give only one and the
// recipients may not all read the same, all get the message as it came.
func (m *inboundMail) deliver(ctx context.Context, text bool) (*Outcome, error) {
	owners, served, others := m.split()
	if m.opened.Inner == m.opened.Outer && m.opened.Undecryptable == nil && !text {
		return accepted(m.confidential(Delivery{To: m.env.To, Edits: m.withStatus(ctx, m.verdict, m.e, nil)})), nil
	}
	if kinds := count(owners) + count(served) + count(others); kinds > 1 && !m.env.CanSplit {
		return m.untouched(ctx)
	}
	out := &Outcome{Verdict: Accept}
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

func count(recipients []string) int { return min(len(recipients), 1) }
