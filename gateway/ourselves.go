package gateway

// This file says which copies the mailbox itself and the archive can read, and warns of
// readers who may not.

import (
	"context"
	"crypto/x509"
	"slices"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/dn"
	"sealgate/keyring"
)

// addOurselves says which copies the mailbox itself and the archive can read. A copy that
// they cannot read is better than one that a customer cannot.
func (m *outboundMail) addOurselves(groups []group, archive []*x509.Certificate) {
	for i, g := range groups {
		if g.encrypt == nil {
			continue
		}
		groups[i].self = m.self(g)
		groups[i].archive = m.forGroup(archive, g)
	}
}

// archives are the archive's certificates that are not blocked. The error is the store's.
func (m *outboundMail) archives(ctx context.Context) (list []*x509.Certificate, err error) {
	d := newDecisions(m.g.o.Store)
	for _, c := range m.g.o.Outbound.Archive {
		blocked, err := d.blocks(ctx, certstore.Identity(c))
		if err != nil {
			return nil, err
		}
		if blocked {
			m.log.Warn("the archive's certificate is blocked: it gets no copy", "subject", dn.String(c.Subject),
				"remedy", "give outbound.archive another certificate")
			continue
		}
		list = append(list, c)
	}
	return list, nil
}

// warnOfKinds tells the admin who cannot read the mail, or may not be able to, because the
// recipients' certificates are of different kinds.
func (m *outboundMail) warnOfKinds(groups []group, archive []*x509.Certificate) {
	for _, g := range groups {
		if len(kindsOf(g.encrypt)) > 1 {
			m.log.Warn(
				"one copy is encrypted for RSA and for EC certificates, which some readers refuse",
				"recipients", addresses(g.encrypt),
				"remedy", "let copies be made: set reinject at the listener, or use protocol \"smtp\"",
			)
		}
	}
	if m.g.o.Outbound.EncryptToSelf == ToSelfYes {
		return
	}
	wanted := m.g.o.Outbound.EncryptToSelf == ToSelfSameKind && m.box != nil && m.g.ownEncryption(m.box) != nil
	if wanted && !slices.ContainsFunc(groups, func(g group) bool { return g.self != nil }) {
		m.warnUnread("the mailbox itself")
	}
	if len(archive) > 0 && !slices.ContainsFunc(groups, func(g group) bool { return len(g.archive) > 0 }) {
		m.warnUnread("the archive")
	}
}

func (m *outboundMail) warnUnread(who string) {
	m.log.Warn(
		who+" cannot read this mail: its certificate is of another kind than the recipients', "+
			"and some readers refuse a mail for both kinds",
		"from", m.from,
		"remedy", "give "+who+" a certificate of that kind as well, or set encrypt_to_self = \"yes\"",
	)
}

// self is the mailbox's own certificate for a copy: one of the kind that is there already
// if it has one.
func (m *outboundMail) self(g group) *x509.Certificate {
	if m.box == nil || m.g.o.Outbound.EncryptToSelf == ToSelfNo {
		return nil
	}
	kinds := kindsOf(g.encrypt)
	own := m.box.Newest(m.g.o.Now(), func(c *keyring.Credential) bool {
		return slices.Contains(kinds, kindOf(c.Certificate)) && c.MayEncrypt()
	})
	if own == nil && m.g.o.Outbound.EncryptToSelf == ToSelfYes {
		own = m.g.ownEncryption(m.box)
	}
	if own == nil {
		return nil
	}
	return own.Certificate
}

// forGroup are those of the archive's certificates that a copy is encrypted for.
func (m *outboundMail) forGroup(archive []*x509.Certificate, g group) []*x509.Certificate {
	if m.g.o.Outbound.EncryptToSelf == ToSelfYes {
		return archive
	}
	kinds := kindsOf(g.encrypt)
	return slices.DeleteFunc(slices.Clone(archive), func(c *x509.Certificate) bool {
		return !slices.Contains(kinds, kindOf(c))
	})
}

func addresses(list []*lookup.Certificate) (all []string) {
	for _, c := range list {
		all = append(all, c.Address)
	}
	return all
}
