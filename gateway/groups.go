package gateway

// This file is the plan for an outbound mail, and parts its recipients into copies.

import (
	"crypto/x509"
	"slices"

	"sealgate/gateway/lookup"
	"sealgate/keyring"
)

// plan is what will be done, decided before an octet is written.
type plan struct {
	credential *keyring.Credential // signs; nil: not signed
	forDomain  bool                // credential is that of From's domain, and does not name From
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
	served  bool                  // served mailboxes: the copy does not leave the house
	self    *x509.Certificate     // the mailbox's own, which can read this copy too; nil: it cannot
	archive []*x509.Certificate   // those of the archive that can
	home    bool                  // server.domains: it does not leave the house, for the rules about replies
}

func (p *plan) encrypts() bool {
	return slices.ContainsFunc(p.groups, func(g group) bool { return g.encrypt != nil })
}

// encryptsAll reports whether every copy that leaves is encrypted: only then can
// anything be hidden.
func (p *plan) encryptsAll() bool {
	return p.encrypts() &&
		!slices.ContainsFunc(p.groups, func(g group) bool { return g.encrypt == nil && !g.served && !g.home })
}

// hides reports whether the Subject is hidden: by the settings, or because this
// answers a mail whose Subject was.
func (m *outboundMail) hides(p *plan) bool {
	return p.encryptsAll() && (m.g.o.Outbound.HeaderProtection == ProtectHideSubject || m.hide)
}

// clearGroups are the copies of a mail that nobody gets encrypted. Served mailboxes
// get the status of inbound mail; beside others in one copy they cannot.
func (m *outboundMail) clearGroups(p *plan) []group {
	served, others := m.sides()
	switch {
	case len(others) == 0:
		return []group{{to: served, served: true}}
	case len(served) > 0 && p.credential != nil && m.env.CanSplit:
		return []group{{to: others}, {to: served, served: true}}
	}
	return []group{{to: m.env.To}}
}

// group makes the copies: one for all who stand in the header and have a certificate of
// the same kind, one for each hidden recipient, a clear one for served mailboxes and, with
// mixed_clear, for those without a certificate.
func (m *outboundMail) group(
	p *plan,
	served, others []string,
	found map[string]*lookup.Certificate,
	missing []string,
) error {
	named := m.named()
	shared, copies := m.encryptedGroups(others, found, named)
	recipients := len(copies) + len(shared.to) + len(missing) + len(served)
	if len(copies) > 0 && recipients > 1 && !m.env.CanSplit {
		return errHidden
	}
	if len(shared.to) > 0 {
		copies = append(copies, m.byKind(shared)...)
	}
	if len(missing) > 0 {
		copies = append(copies, group{to: missing, home: m.demanded >= IfPossible})
	}
	var err error
	p.groups, err = m.withServed(copies, served, named)
	return err
}

// encryptedGroups are the one copy that all who stand in the header share, and one copy for
// each hidden recipient, however many spellings it has.
func (m *outboundMail) encryptedGroups(
	recipients []string,
	found map[string]*lookup.Certificate,
	named map[string]bool,
) (shared group, hidden []group) {
	places := make(map[string]int) // address in normal form → its place in hidden
	for _, to := range recipients {
		c := found[to]
		if c == nil {
			continue
		}
		place, known := places[c.Address]
		switch {
		case known:
			hidden[place].to = append(hidden[place].to, to)
		case len(m.env.To) > 1 && !named[c.Address]:
			places[c.Address] = len(hidden)
			hidden = append(hidden, group{to: []string{to}, encrypt: []*lookup.Certificate{c}})
		default:
			shared.to = append(shared.to, to)
			shared.encrypt = append(shared.encrypt, c)
		}
	}
	return shared, hidden
}

// byKind parts an encrypted copy into one for each kind, where copies can be made at all.
func (m *outboundMail) byKind(shared group) []group {
	kinds := kindsOf(shared.encrypt)
	if len(kinds) < 2 || !m.env.CanSplit {
		return []group{shared}
	}
	parts := make([]group, len(kinds))
	for i, c := range shared.encrypt {
		part := &parts[slices.Index(kinds, kindOf(c.Certificate))]
		part.to = append(part.to, shared.to[i])
		part.encrypt = append(part.encrypt, c)
	}
	return parts
}

// errHidden is the answer where a hidden recipient cannot get a copy of its own.
var errHidden = refuse(TokenBcc)

// refuseMixed is the answer where those inside cannot get a copy of their own.
func refuseMixed(served []string) *refusal {
	return refuse(TokenMixed, recipientList(served))
}

// withServed adds the copy for served mailboxes. Where there can be only one
// copy, a next hop that decrypts inbound lets them share the encrypted one.
func (m *outboundMail) withServed(copies []group, served []string, named map[string]bool) ([]group, error) {
	if len(served) == 0 {
		return copies, nil
	}
	if m.env.CanSplit {
		return append(copies, group{to: served, served: true}), nil
	}
	if !m.g.o.Outbound.NextHopInbound {
		return nil, refuseMixed(served)
	}
	for _, to := range served {
		if !named[ruleAddress(to)] {
			return nil, errHidden
		}
		c := m.g.ownEncryption(m.g.served(to))
		if c == nil {
			return nil, refuse(TokenNoCertificate, recipientList{to})
		}
		copies[0].to = append(copies[0].to, to)
		copies[0].encrypt = append(copies[0].encrypt, &lookup.Certificate{
			Address:     to,
			Certificate: c.Certificate,
			Source:      lookup.Keyring,
		})
	}
	return copies, nil
}
