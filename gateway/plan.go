package gateway

// This file decides what will be done with an outbound mail before a byte of it
// is written: who signs, who can read which copy, and whether it must be refused.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sealgate/gateway/lookup"
	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/keyring"
	"sealgate/smime"
)

// plan is what will be done, decided before a byte is written.
type plan struct {
	credential *keyring.Credential // signs; nil: not signed
	keep       bool                // the content is encrypted already: nothing is done to it
	signed     bool                // the content bears a valid signature already, which stays
	covered    bool                // that signature covers the Subject too, in a protected header
	anew       bool                // that signature gives way to one of ours, which covers the Subject
	groups     []group
}

// group is the recipients of one copy.
type group struct {
	to      []string
	encrypt []*lookup.Certificate // nil: this copy is not encrypted
	inside  bool                  // served mailboxes: the copy does not leave the house
	home    bool                  // server.domains: it does not leave the house, for the rules about replies
}

func (p *plan) encrypts() bool {
	return slices.ContainsFunc(p.groups, func(g group) bool { return g.encrypt != nil })
}

// plan decides signing, encryption and copies.
func (m *outboundMail) plan(ctx context.Context) (*plan, error) {
	p := &plan{groups: []group{{to: m.env.To}}}
	if m.want.Encrypt >= IfPossible || m.want.Sign >= IfPossible {
		done, err := m.alreadyEncrypted(ctx)
		if err != nil {
			return nil, err
		}
		if done && m.orders.Sign == Yes {
			return nil, refuse(
				550,
				"5.7.1",
				"cannot sign: the message is encrypted already, and a signature around it would prove nothing",
			)
		}
		if p.keep = done; done {
			return p, nil
		}
	}
	if err := m.planSigning(ctx, p); err != nil {
		return nil, err
	}
	if m.want.Encrypt >= IfPossible {
		if err := m.planEncryption(ctx, p); err != nil {
			return nil, err
		}
	}
	if p.signed {
		m.settleSignature(p)
	}
	if !p.encrypts() {
		p.groups = m.clearGroups(p)
	}
	return p, nil
}

// settleSignature leaves a signature of From that is there already alone, unless the
// Subject is to be hidden and that signature does not cover it. The true Subject then
// needs a place inside what is signed (RFC 9788 §1.8), which only a new signature gives.
func (m *outboundMail) settleSignature(p *plan) {
	if p.credential != nil && !p.covered && m.hides(p) {
		p.anew = true
		p.signed = false
		return
	}
	p.credential = nil
}

// clearGroups are the copies of a mail that nobody gets encrypted. Served mailboxes
// get the status of inbound mail; beside others in one copy they cannot.
func (m *outboundMail) clearGroups(p *plan) []group {
	inside, outside := m.sides()
	switch {
	case len(outside) == 0:
		return []group{{to: inside, inside: true}}
	case len(inside) > 0 && p.credential != nil && m.env.CanSplit:
		return []group{{to: outside}, {to: inside, inside: true}}
	}
	return []group{{to: m.env.To}}
}

// alreadyEncrypted asks our own reader; a label is nothing.
func (m *outboundMail) alreadyEncrypted(ctx context.Context) (bool, error) {
	return smime.AlreadyEncrypted(ctx, m.e, m.g.o.Spool)
}

// planSigning chooses the credential, and finds a signature of From that is there
// already.
func (m *outboundMail) planSigning(ctx context.Context, p *plan) error {
	if m.want.Sign < IfPossible {
		return nil
	}
	if r := m.mayUse("sign"); r == nil {
		p.credential = m.signer()
	} else if m.want.Sign == Yes {
		return r
	}
	if p.credential == nil && m.want.Sign == Yes {
		return refuse(550, "5.7.1", "cannot sign: no usable key for "+printable(m.from, 100))
	}
	return m.alreadySigned(ctx, p)
}

// alreadySigned finds out whether the mail bears a valid signature of From, and
// whether that covers the Subject.
func (m *outboundMail) alreadySigned(ctx context.Context, p *plan) error {
	opened, err := m.open(ctx, m.e)
	if err != nil {
		return err
	}
	defer opened.Close()
	v, err := m.g.verdictOf(ctx, opened, m.from)
	if err != nil {
		return err
	}
	p.signed = v.Signature == verdict.SignatureValid
	p.covered = p.signed && opened.Protected != nil && len(opened.Protected.Get("Subject")) > 0
	return nil
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

// signer is the newest valid credential whose certificate names From, and with
// sign_as_other any valid one of the mailbox.
func (m *outboundMail) signer() *keyring.Credential {
	if m.box == nil {
		return nil
	}
	if c := m.g.signerFor(m.box, m.from); c != nil || !m.g.o.Outbound.SignAsOther {
		return c
	}
	return m.g.anySigner(m.box)
}

// planEncryption finds the certificates and sorts the recipients into copies.
func (m *outboundMail) planEncryption(ctx context.Context, p *plan) error {
	inside, outside := m.sides()
	if len(outside) == 0 {
		return nil // it does not leave the house
	}
	all := m.g.findAll(ctx, outside)
	if i := slices.IndexFunc(all.missing, address.IsRouted); i >= 0 {
		return refuse(
			550,
			"5.1.3",
			"cannot encrypt: "+printable(all.missing[i], 100)+" may be delivered to another address than it names",
		)
	}
	if len(all.missing) > 0 && m.asked.Encrypt == Yes {
		return refuse(550, "5.7.1", "cannot encrypt: no usable certificate for "+listed(all.missing))
	}
	if exposed := m.g.leaving(all.missing); len(exposed) > 0 && m.demanded == Yes {
		return m.refuseReply(exposed)
	}
	if len(all.open) > 0 {
		return m.notAnswered(all.open)
	}
	if m.demanded >= IfPossible {
		return m.planReply(p, inside, outside, all)
	}
	if len(all.missing) > 0 && (len(all.found) == 0 || !m.g.o.Outbound.MixedClear || !m.env.CanSplit) {
		return nil // all recipients or none
	}
	return m.group(p, inside, outside, all.found, all.missing)
}

// sides parts the served mailboxes from the rest of the world.
func (m *outboundMail) sides() (inside, outside []string) {
	for _, to := range m.env.To {
		if m.g.Serves(to) {
			inside = append(inside, to)
		} else {
			outside = append(outside, to)
		}
	}
	return inside, outside
}

// group makes the copies: one for all who stand in the header, one for each hidden
// recipient, however many spellings it has, a clear one for those inside the house
// and, with mixed_clear, for those without a certificate.
func (m *outboundMail) group(
	p *plan,
	inside, outside []string,
	found map[string]*lookup.Certificate,
	missing []string,
) error {
	named := m.named()
	open := group{}
	var copies []group
	hidden := make(map[string]int) // address in normal form → its copy
	for _, to := range outside {
		c := found[to]
		if c == nil {
			continue
		}
		at, again := hidden[c.Address]
		switch {
		case again:
			copies[at].to = append(copies[at].to, to)
		case len(m.env.To) > 1 && !named[c.Address]:
			hidden[c.Address] = len(copies)
			copies = append(copies, group{to: []string{to}, encrypt: []*lookup.Certificate{c}})
		default:
			open.to, open.encrypt = append(open.to, to), append(open.encrypt, c)
		}
	}
	if beside := len(copies) + len(open.to) + len(missing) + len(inside); len(copies) > 0 && beside > 1 &&
		!m.env.CanSplit {
		return errHidden
	}
	if len(open.to) > 0 {
		copies = append(copies, open)
	}
	if len(missing) > 0 {
		copies = append(copies, group{to: missing, home: m.demanded >= IfPossible})
	}
	var err error
	p.groups, err = m.withInside(copies, inside, named)
	return err
}

// errHidden is the answer where a hidden recipient cannot get a copy of its own.
var errHidden = refuse(
	550,
	"5.7.1",
	"hidden recipients (Bcc) need an encrypted copy of their own, which cannot be made here; send it to them separately",
)

// refuseMixed is the answer where those inside cannot get a copy of their own.
func refuseMixed(inside []string) *refusal {
	return refuse(
		550,
		"5.7.1",
		"cannot encrypt for the outside and deliver in clear to "+listed(inside)+" in one copy; send separately",
	)
}

// withInside adds the copy for served mailboxes. Where there can be only one
// copy, a next hop that decrypts inbound lets them share the encrypted one.
func (m *outboundMail) withInside(copies []group, inside []string, named map[string]bool) ([]group, error) {
	if len(inside) == 0 {
		return copies, nil
	}
	if m.env.CanSplit {
		return append(copies, group{to: inside, inside: true}), nil
	}
	if !m.g.o.Outbound.NextHopInbound {
		return nil, refuseMixed(inside)
	}
	for _, to := range inside {
		if !named[ruleAddress(to)] {
			return nil, errHidden
		}
		c := m.g.ownEncryption(m.g.served(to))
		if c == nil {
			return nil, refuse(550, "5.7.1", "cannot encrypt: no usable certificate for "+listed([]string{to}))
		}
		copies[0].to = append(copies[0].to, to)
		copies[0].encrypt = append(copies[0].encrypt, &lookup.Certificate{Address: to, Certificate: c.Certificate})
	}
	return copies, nil
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

// maxListed and maxListedText bound what a refusal names; a reply line
// has 512 octets (RFC 5321 §4.5.3.1.5).
const (
	maxListed     = 20
	maxListedText = 400
)

// listed names recipients for a reply line: whole ones, and how many there are more.
func listed(recipients []string) string {
	var b strings.Builder
	for i, to := range recipients {
		to = printable(to, maxListedText/2)
		if i == maxListed || b.Len()+len(to) > maxListedText {
			return fmt.Sprintf("%s and %d more", b.String(), len(recipients)-i)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(to)
	}
	return b.String()
}
