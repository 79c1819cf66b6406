package gateway

// This file is an inbound message on its way: its recipients, and who may read it.

import (
	"log/slog"
	"slices"

	"sealgate/gateway/verdict"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// hasEncrypted reports whether the mail has an encrypted layer. The outermost one
// everybody can see.
func hasEncrypted(opened *smime.Message) bool {
	return slices.ContainsFunc(opened.Layers, func(l smime.Layer) bool { return l.Encrypted() })
}

// tried reports whether keys of ours were tried on the mail. Those that no RecipientInfo
// names are, too, and then it is for none of them if none decrypts: so what became of it
// says nothing here.
func (m *inboundMail) tried() bool { return m.encrypted && len(m.keys) > 0 }

// inboundMail is one inbound message on its way through.
type inboundMail struct {
	g       *Gateway
	env     Envelope
	e       *smime.Entity
	log     *slog.Logger
	entry   *Entry
	strip   []HeaderEdit
	spool   *spool.Spool                // its share, for all that is made of it
	served  map[string]*keyring.Mailbox // by recipient as received; the others are absent
	domains map[string]*keyring.Mailbox // by recipient: of its domain, where the mail is encrypted to that
	keys    []mailboxKey
	opened  *smime.Message
	verdict *verdict.Verdict
	ids     []string // the Message-IDs that it is remembered by

	contents contentMemory // of its content keys

	encrypted bool     // it has an encrypted layer, whatever became of that
	withheld  withheld // why it is not opened, "" when it is

	owned Owned // what the copies read from
}

// mailboxKey is one credential of one mailbox.
type mailboxKey struct {
	mailbox *keyring.Mailbox
	key     cms.DecryptionKey
}

// owns reports whether a recipient may read the opened text: a key of its mailbox, or of its
// domain, must have unwrapped the very content key of every encrypted layer. Being named in a
// RecipientInfo is nothing.
func (m *inboundMail) owns(to string) bool {
	for _, l := range m.opened.Layers {
		if l.Encrypted() && l.Err == nil && !slices.ContainsFunc(l.Keys, func(k int) bool {
			box := m.keys[k].mailbox
			return box == m.served[to] || box == m.domains[to]
		}) {
			return false
		}
	}
	return true
}

// decrypted reports whether any layer was: what then stands inside must not go
// where the ciphertext would.
func (m *inboundMail) decrypted() bool {
	return slices.ContainsFunc(m.opened.Layers, func(l smime.Layer) bool { return l.Encrypted() && l.Err == nil })
}

// split sorts the recipients: owners read the opened text, served ones without
// the right key and strangers get the message as it came.
func (m *inboundMail) split() (owners, served, others []string) {
	for _, to := range m.env.To {
		switch {
		case m.served[to] == nil:
			others = append(others, to)
		case m.owns(to):
			owners = append(owners, to)
		default:
			served = append(served, to)
		}
	}
	return owners, served, others
}

func count(recipients []string) int { return min(len(recipients), 1) }
