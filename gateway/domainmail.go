package gateway

// This file finds the inbound mail that is encrypted to the key of a recipient's domain.

import (
	"context"
	"errors"
	"slices"

	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/spool"
)

// findDomains finds the mailboxes of the recipients' domains that a RecipientInfo names (RFC 5652
// §6.2). Nothing is tried: mail that does not name one is not this mailbox's.
func (m *inboundMail) findDomains(ctx context.Context) error {
	m.domains = make(map[string]*keyring.Mailbox)
	boxes := make(map[string]*keyring.Mailbox)
	for _, to := range m.env.To {
		if box := m.g.domainMailbox(to); box != nil {
			boxes[to] = box
		}
	}
	if len(boxes) == 0 {
		return nil
	}
	layers, err := m.closedLayers(ctx)
	if err != nil {
		return err
	}
	for to, box := range boxes {
		if slices.ContainsFunc(layers, func(l smime.Layer) bool { return names(l, box) }) {
			m.domains[to] = box
		}
	}
	return nil
}

// names reports whether an encrypted layer is for a key of the mailbox.
func names(l smime.Layer, box *keyring.Mailbox) bool {
	for i := range l.Recipients {
		if slices.ContainsFunc(box.Credentials, func(c *keyring.Credential) bool {
			return l.Recipients[i].Names(c.Certificate)
		}) {
			return true
		}
	}
	return false
}

// closedLayers are those that can be seen without a key. A mail that unfolds too far, or takes too
// long, shows none.
func (m *inboundMail) closedLayers(ctx context.Context) ([]smime.Layer, error) {
	opened, err := m.openInTime(ctx, smime.OpenOptions{Spool: m.spool, MaxExpanded: m.g.o.Limits.Expanded})
	if errors.Is(err, spool.ErrShare) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return opened.Layers, nil
}
