package gateway

// This file says whose mail is opened here, and whose stays in the house.

import (
	"slices"

	"sealgate/internal/address"
	"sealgate/keyring"
)

// Serves reports whether all mail to this recipient is opened and judged here. An address that
// cannot be read is nobody's, nor is one that Postfix may deliver elsewhere.
func (g *Gateway) Serves(recipient string) bool { return g.served(recipient) != nil }

// served is the mailbox of a recipient, nil for everybody else's.
func (g *Gateway) served(recipient string) *keyring.Mailbox {
	a, err := address.Normalize(recipient)
	if err != nil || address.IsRouted(recipient) {
		return nil
	}
	return g.o.Ring.ByRecipient(a)
}

// domainMailbox is that of a recipient's domain, nil without one.
func (g *Gateway) domainMailbox(recipient string) *keyring.Mailbox {
	a, err := address.Normalize(recipient)
	if err != nil || address.IsRouted(recipient) {
		return nil
	}
	return g.o.Ring.ByDomain(a)
}

// MayOpen reports whether mail to this recipient may be opened here: with its mailbox's keys, or with
// those of its domain.
func (g *Gateway) MayOpen(recipient string) bool {
	return g.Serves(recipient) || g.domainMailbox(recipient) != nil
}

// NeedsBody reports to an adapter, after the header of a message has come, whether
// the engine has any use for the body. Mail for nobody we serve is only
// stripped of what could lie; outbound mail is always read.
func (g *Gateway) NeedsBody(env Envelope) bool {
	if env.Direction == Outbound {
		return true
	}
	return slices.ContainsFunc(env.To, g.MayOpen)
}

// leaving are the recipients whose mail leaves the house.
func (g *Gateway) leaving(recipients []string) (out []string) {
	for _, to := range recipients {
		if !g.atHome(to) {
			out = append(out, to)
		}
	}
	return out
}

// atHome reports whether mail for a recipient stays in the house, for the rules about
// replies: those of served mailboxes and of server.domains. An address that Postfix
// may deliver elsewhere is not.
func (g *Gateway) atHome(to string) bool {
	if g.Serves(to) {
		return true
	}
	a, err := address.Normalize(to)
	return err == nil && !address.IsRouted(to) && slices.Contains(g.o.Domains, address.Domain(a))
}

// unique sorts a list and leaves one of each.
func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
