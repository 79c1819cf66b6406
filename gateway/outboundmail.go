package gateway

// This file is an outbound message on its way, and what its header says.

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/internal/encodedword"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/spool"
)

// mayUse tells who may use the mailbox's key. It is asked for orders, and for
// signatures that a rule or a default asks for: else the gateway would sign for
// everybody who writes the mailbox's address into From.
func (m *outboundMail) mayUse(forbidden Token) *refusal {
	if !m.env.MayOrder {
		return refuse(forbidden)
	}
	if m.box != nil && !m.isUserOf(m.box) {
		return refuse(TokenWrongUser, printable(m.env.User, 60), printable(m.from, 100))
	}
	return nil
}

// isUserOf reports whether who is logged in, if anybody is, may sign as a mailbox.
func (m *outboundMail) isUserOf(box *keyring.Mailbox) bool {
	return len(box.Users) == 0 || m.env.User == "" || slices.Contains(box.Users, m.env.User)
}

// outboundMail is one outbound message on its way through.
type outboundMail struct {
	g       *Gateway
	env     Envelope
	e       *smime.Entity
	log     *slog.Logger
	entry   *Entry
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
	tags     []string // that rules want taken out of the Subject
	signAs   string   // the domain whose key signs where From has none; "": none does
}

// newOutboundMail knows whose mail it is.
func newOutboundMail(g *Gateway, env Envelope, e *smime.Entity, entry *Entry) *outboundMail {
	m := &outboundMail{g: g, env: env, e: e, entry: entry}
	m.from, m.fromErr = verdict.FromAddress(e)
	if m.fromErr == nil {
		m.box = g.o.Ring.ByFrom(m.from)
	}
	return m
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

// subject is all that stands in Subject fields: there may be one only (RFC 5322
// §3.6), but a tag in a second one asks for the same.
func (m *outboundMail) subject() string {
	var all []string
	for _, f := range m.e.Get("Subject") {
		all = append(all, encodedword.Decode(f.Value()))
	}
	return strings.Join(all, "\n")
}

// verdictOver judges an entity as mail of From.
func (m *outboundMail) verdictOver(ctx context.Context, e *smime.Entity) (*verdict.Verdict, error) {
	opened, err := m.open(ctx, e)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return m.g.verdictOf(ctx, opened, m.from)
}

// open undoes the layers of an outbound entity: its signatures, as no key is tried.
func (m *outboundMail) open(ctx context.Context, e *smime.Entity) (*smime.Message, error) {
	sec := e.Section()
	return smime.Open(ctx, sec, sec.Size(), smime.OpenOptions{Spool: m.spool, MaxExpanded: m.g.o.Limits.Expanded})
}

// sides parts the served mailboxes from the rest of the world.
func (m *outboundMail) sides() (served, others []string) {
	for _, to := range m.env.To {
		if m.g.Serves(to) {
			served = append(served, to)
		} else {
			others = append(others, to)
		}
	}
	return served, others
}

// named are the addresses, in normal form, that the header shows to everybody.
func (m *outboundMail) named() map[string]bool {
	names := make(map[string]bool)
	for _, field := range []string{"To", "Cc", "Resent-To", "Resent-Cc"} {
		for _, f := range m.e.Get(field) {
			list, err := address.ParseList(f.Value())
			if err != nil {
				continue // who cannot be read is not shown: at worst a copy of its own
			}
			for _, a := range list {
				names[a] = true
			}
		}
	}
	return names
}

// saysAutoSubmitted reads Auto-Submitted (RFC 3834 §5), which may have comments. One that
// does not end stays, and the value is no "no".
func (m *outboundMail) saysAutoSubmitted() bool {
	for _, f := range m.e.Get("Auto-Submitted") {
		value, ok := withoutComments(f.Value())
		if v, _, _ := strings.Cut(value, ";"); !ok || !strings.EqualFold(strings.TrimSpace(v), "no") {
			return true
		}
	}
	return false
}
