package gateway

// This file sorts out whose mail an inbound message is, and which keys may open it.

import (
	"context"
	"slices"

	"sealgate/keyring"
	"sealgate/smime/cms"
)

// recipients sorts out whose mail it is and collects their keys, each once.
func (m *inboundMail) recipients(ctx context.Context) error {
	m.served = make(map[string]*keyring.Mailbox)
	err := m.findDomains(ctx)
	if err != nil {
		return err
	}
	var seen []*keyring.Mailbox
	for _, to := range m.env.To {
		box := m.g.served(to)
		if box == nil {
			box = m.domains[to]
		}
		if box == nil {
			continue
		}
		m.served[to] = box
		for _, b := range []*keyring.Mailbox{box, m.domains[to]} {
			if b != nil && !slices.Contains(seen, b) {
				seen = append(seen, b)
				m.addKeys(b)
			}
		}
	}
	return nil
}

func (m *inboundMail) addKeys(box *keyring.Mailbox) {
	for _, c := range box.Credentials {
		m.keys = append(m.keys, mailboxKey{box, cms.DecryptionKey{Certificate: c.Certificate, Key: c.Key}})
	}
}
