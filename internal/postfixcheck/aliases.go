package postfixcheck

// This file judges where mail ends: decryption happens before aliases are
// expanded, so one that leads out sends plaintext out.

import (
	"slices"
	"strings"

	"sealgate/internal/address"
)

// aliases resolves every mailbox, every address of server.domains that a table has,
// and who gets copies of all mail.
func aliases(p *Postfix, g *Gateway) (out findings) {
	for _, box := range g.Mailboxes {
		out = append(out, p.endings(g, box, "[[mailbox]]")...)
	}
	for _, domain := range g.Domains {
		out = append(out, p.endings(g, "@"+domain, "server.domains")...)
	}
	for _, to := range g.Bounces {
		out = append(out, p.ending(g, to, "", "inbound.bounce_to", "bounces of decrypted mail")...)
	}
	for _, to := range p.settings("cleanup", "always_bcc") {
		if to != "" {
			out = append(out, p.ending(g, to, "", "always_bcc", "copies of all mail")...)
		}
	}
	out = append(out, senderCopies(p, g)...)
	return out.distinct()
}

// endings says where mail for an address, or for all of an "@domain", ends; key is
// where the configuration has it.
func (p *Postfix) endings(g *Gateway, box, key string) (out findings) {
	forms, out := p.forms(strings.ToLower(box))
	for _, form := range forms {
		out = append(out, p.ending(g, form, key, "", "")...)
	}
	return out
}

// ending says where mail for an address ends, if that needs to be said; by is the
// setting that sends copies there, and of what.
func (p *Postfix) ending(g *Gateway, box, key, by, copies string) (out findings) {
	ends, err := p.resolve(box, by)
	if err != nil {
		out.bad("%v; where decrypted mail goes is not known: let check read it (as root, with the "+
			"table's server and package at hand)", err)
	}
	for _, end := range ends {
		switch own, err := p.isOwn(g, end.at); {
		case strings.HasPrefix(end.at, "|"):
			out.note("%s: delivered to %s (%s); what that program does with decrypted mail cannot be "+
				"followed", box, end.at, end.by)
		case isSpecial(end.at):
			out.good("%s: delivered to %s (%s)", box, end.at, end.by)
		case err != nil:
			out.bad("%s: %v; whether %s is ours is not known", box, err, end.at)
		case own:
		case by != "":
			out.bad("%s: %s go to %s (%s), outside our domains: decrypted mail would leave the house; "+
				"take it out", by, copies, end.at, end.by)
		default:
			out.bad("%s: an alias leads to %s (%s), outside our domains: decrypted mail would leave the "+
				"house; take it out there, or take %s out of %s", box, end.at, end.by, configured(box, key), key)
		}
	}
	return out
}

// configured is how the configuration names what an address belongs to.
func configured(box, key string) string {
	if key == "server.domains" {
		return address.Domain(box)
	}
	return box
}

// ownDomains are the settings that name domains of the house.
var ownDomains = []string{
	"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains", "mydomain", "myhostname",
}

// isOwn reports whether mail for an address stays in the house.
func (p *Postfix) isOwn(g *Gateway, at string) (bool, error) {
	domain := address.Domain(at)
	if domain == "localhost" || slices.Contains(g.Domains, domain) ||
		slices.ContainsFunc(g.Mailboxes, func(box string) bool { return strings.EqualFold(address.Domain(box), domain) }) {
		return true, nil
	}
	for _, name := range ownDomains {
		if own, err := p.lists(name, domain); own || err != nil {
			return own, err
		}
	}
	return false, nil
}
