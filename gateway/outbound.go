package gateway

// This file handles outbound mail: who may order what, and which copies leave.

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/spool"
)

// outboundMail is one outbound message on its way through.
type outboundMail struct {
	g       *Gateway
	env     Envelope
	e       *smime.Entity
	log     *slog.Logger
	from    string // the one From address, "" when there is not exactly one
	fromErr error
	box     *keyring.Mailbox // of From, nil when it is not ours
	orders  orders
	id      string // the Message-ID that it leaves with
	reply   reply
	asked   Demand // by rules, defaults and orders
	want    Demand // the same, and because of what the mail refers to
	hide    bool   // the Subject had been hidden by whom this answers
	how     Algorithms
	spool   *spool.Spool // its share, for layers that are opened
	owned   Owned        // what the copies read from

	demanded Strength // encryption, because of what the mail refers to
}

func (g *Gateway) outbound(
	ctx context.Context,
	env Envelope,
	e *smime.Entity,
	share *spool.Spool,
	log *slog.Logger,
) (*Outcome, error) {
	m := &outboundMail{g: g, env: env, e: e, log: log, spool: share}
	if m.from, m.fromErr = verdict.FromAddress(e); m.fromErr == nil {
		m.box = g.o.Ring.ByFrom(m.from)
	}
	if r := m.readOrders(); r != nil {
		return nil, r
	}
	if r := g.removals(e, removedOutbound); r != nil {
		return nil, r
	}
	if err := m.losesNoOrder(); err != nil {
		return nil, err
	}
	if err := m.combine(ctx); err != nil {
		return nil, err
	}
	if m.fromErr != nil && (m.want.Sign == Yes || m.want.Encrypt == Yes) {
		return nil, refuse(554, "5.6.0", "an order needs exactly one From address")
	}
	p, err := m.plan(ctx)
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
	m.log.Info(
		"outbound",
		"from",
		m.from,
		"signed",
		p.credential != nil,
		"encrypted",
		p.encrypts(),
		"copies",
		len(out.Deliveries),
	)
	return out, nil
}

// readOrders takes the X-SMIME fields in and holds them against who may order.
func (m *outboundMail) readOrders() *refusal {
	o, r := m.g.readOrders(m.e.Fields)
	if r != nil {
		return r
	}
	if slices.ContainsFunc(m.e.Fields, m.g.hidesField) {
		return refuse(550, "5.7.1", "unknown order: a field of ours stands behind a bare CR, where it is not seen")
	}
	m.orders = o
	if !o.given {
		return nil
	}
	return m.mayUse("order")
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
	return refuse(
		550,
		"5.7.1",
		"the header ends too early, at a line that is no field, and what stands behind it would not be heeded: "+printable(
			name,
			40,
		)+
			". Send the message without that line; if this is text of yours, begin it with an empty line",
	)
}

// mayUse tells who may use the mailbox's key. It is asked for orders, and for
// signatures that a rule or a default asks for: else the gateway would sign for
// everybody who writes the mailbox's address into From.
func (m *outboundMail) mayUse(what string) *refusal {
	if !m.env.MayOrder {
		return refuse(550, "5.7.1", "not allowed to "+what+": this client is not in orders_from and not authenticated")
	}
	if m.box != nil && len(m.box.Users) > 0 && m.env.User != "" && !slices.Contains(m.box.Users, m.env.User) {
		return refuse(
			550,
			"5.7.1",
			"not allowed to "+what+": user "+printable(m.env.User, 60)+" may not use "+printable(m.from, 100),
		)
	}
	return nil
}

// combine puts together rules, defaults, what the mail answers, and orders.
func (m *outboundMail) combine(ctx context.Context) error {
	recipients, err := m.ruleAddresses()
	if err != nil {
		return err
	}
	rules, how := m.g.rulesFor(m.senders(), recipients, m.subject())
	m.how = how
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
			return nil, refuse(
				550,
				"5.1.3",
				"the recipient "+printable(to, 100)+" may be delivered to another address, which cannot be told for sure",
			)
		}
		for _, r := range routes {
			all = append(all, ruleAddress(r))
		}
	}
	return all, nil
}

// senders are the addresses that rules and defaults are looked up for: From, or, when
// that is not one address, all in it and the reverse-path. A From that cannot be read
// may be any mailbox's, unless it is a bounce: better refused than in clear.
func (m *outboundMail) senders() []string {
	if m.fromErr == nil {
		return []string{m.from}
	}
	all, readable := verdict.Addresses(m.e, "From")
	if !readable && m.env.From != "" {
		for _, box := range m.g.o.Ring.Mailboxes() {
			all = append(all, box.Addresses...)
		}
	}
	return append(all, ruleAddress(m.env.From))
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

// subject is all that stands in Subject fields: there may be one only (RFC 5322
// §3.6), but a tag in a second one asks for the same.
func (m *outboundMail) subject() string {
	var all []string
	for _, f := range m.e.Get("Subject") {
		all = append(all, decodeWords(f.Value()))
	}
	return strings.Join(all, "\n")
}

// ruleAddress is a recipient as rules compare it. What has no normal form is
// delivered by Postfix all the same ("a..b@bank.example"), so that its domain's
// rules must hold: its domain is brought to normal form alone.
func ruleAddress(to string) string {
	if a, err := address.Normalize(to); err == nil {
		return a
	}
	low := strings.ToLower(to)
	at := strings.LastIndexByte(low, '@')
	if at < 0 {
		return low + "@"
	}
	if a, err := address.Normalize("x" + low[at:]); err == nil {
		return low[:at+1] + address.Domain(a)
	}
	return low
}

// exempt tells whether mere defaults do not apply: invitations, delivery status
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
