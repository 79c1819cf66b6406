package gateway

// This file is the plan for an outbound mail, and parts its recipients into copies.

import (
	"slices"

	"sealgate/gateway/lookup"
	"sealgate/keyring"
)

// encryptsAll reports whether every copy that leaves is encrypted: only then can
// anything be hidden.
func (p *plan) encryptsAll() bool {
	return p.encrypts() &&
		!slices.ContainsFunc(p.groups, func(g group) bool { return g.encrypt == nil && !g.inside && !g.home })
}

// hides reports whether the Subject is hidden: by the settings, or because this
// answers a mail whose Subject was.
func (m *outboundMail) hides(p *plan) bool {
	return p.encryptsAll() && (m.g.o.Outbound.HeaderProtection == ProtectHideSubject || m.hide)
}

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
