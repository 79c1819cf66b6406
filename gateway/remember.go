package gateway

// This file remembers an inbound mail: by its Message-ID, and what it proves.

import (
	"context"
	"slices"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
)

// remember stores what the message proves. An error keeps the mail with its
// sender: a harvest is on disk before the mail is accepted.
func (m *inboundMail) remember(ctx context.Context) error {
	if err := m.rememberMail(ctx); err != nil {
		return err
	}
	if m.verdict.Signer == nil || m.verdict.Signer.Trust.Listed { // a domain's certificate is no person's
		return nil
	}
	switch {
	case m.verdict.Signature == verdict.SignatureValid:
		return m.harvest(ctx, certstore.Active)
	case m.verdict.Signature == verdict.SignatureUntrusted && m.g.o.Inbound.UnknownCA == PendingUnknownCA:
		return m.harvest(ctx, certstore.Pending)
	}
	return nil
}

// rememberMail notes what came in.
func (m *inboundMail) rememberMail(ctx context.Context) error {
	for _, id := range m.ids {
		if err := m.rememberAs(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (m *inboundMail) rememberAs(ctx context.Context, id string) error {
	switch m.verdict.Encryption {
	case verdict.EncryptionNone:
		// What is forgotten here makes a later answer stricter, which is no reason to hold
		// up plain mail when the store fails.
		if err := m.g.rememberPlain(ctx, id); err != nil {
			m.log.Warn("plain mail is not remembered", "error", err)
		}
		return nil
	case verdict.EncryptionDecrypted:
		p := m.opened.Protected
		hidden := p != nil && p.Hidden("Subject")
		return m.g.remember(ctx, id, certstore.Memory{HiddenSubject: hidden, Writers: writerHashes(id, m.writers())})
	}
	return m.g.rememberUnread(ctx, id, m.writers())
}

// writers are whom an answer to this mail goes to: the addresses in From and Reply-To.
// Those outside can be changed on the way; protected ones (RFC 9788) count before them.
func (m *inboundMail) writers() (all []string) {
	e := m.e
	if m.verdict.HeedsProtected(m.opened) {
		e = m.opened.Protected.Entity()
	}
	for _, name := range []string{"From", "Reply-To"} {
		list, _ := verdict.Addresses(e, name)
		all = append(all, list...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// maxReplaced bounds the Message-IDs of one mail that are remembered beside ours.
const maxReplaced = 10

// identify finds the one Message-ID. An encrypted mail without one gets one, in all
// copies alike: nothing could refer to it. What it had in its place is remembered too,
// for other people's mail may refer to that.
func (m *inboundMail) identify() error {
	id := messageID(m.e)
	if id != "" {
		m.ids = []string{id}
		return nil
	}
	if m.verdict.Encryption == verdict.EncryptionNone {
		return nil
	}
	id, err := m.g.newMessageID(m.e)
	if err != nil {
		return err
	}
	m.strip = append(m.strip, withMessageID(m.e, id)...)
	replaced := messageIDs(m.e, "Message-ID")
	m.ids = append(replaced[:min(len(replaced), maxReplaced)], id)
	return nil
}
