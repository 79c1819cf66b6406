package postfixcheck

// This file goes through whole tables: for addresses that are not known
// beforehand, namely senders, and a mailbox's with an extension.

import (
	"maps"
	"slices"
	"strings"

	"sealgate/internal/address"
)

// senderCopies judges sender_bcc_maps: a customer's mail is copied decrypted.
func senderCopies(p *Postfix, g *Gateway) (out findings) {
	const name = "sender_bcc_maps"
	for _, list := range p.settings("cleanup", name) {
		for _, table := range tables(list) {
			entries, err := p.entries(table)
			if err != nil {
				out.note("%s: %s cannot be listed, so it is not known whether decrypted mail of some "+
					"sender is copied out of the house: %v", name, table, err)
				if some, err := p.ask(name, table, []string{"somebody@customer.invalid"}); err == nil && len(some) > 0 {
					entries = map[string][]string{"anybody": some}
				}
			}
			for _, from := range slices.Sorted(maps.Keys(entries)) {
				for _, to := range entries[from] {
					out = append(out, p.ending(g, to, "", name, "copies of mail from "+from)...)
				}
			}
		}
	}
	return out
}

// recipientMaps are the tables that Postfix asks about a recipient, and the
// programs that ask.
var recipientMaps = [][2]string{
	{"cleanup", "recipient_canonical_maps"},
	{"cleanup", "canonical_maps"},
	{"cleanup", "virtual_alias_maps"},
	{"cleanup", "recipient_bcc_maps"},
	{"local", "alias_maps"},
}

// forms are a mailbox and its user+ext, or of an "@domain" all addresses, as far as
// the tables have any.
func (p *Postfix) forms(box string) (out []string, said findings) {
	out = []string{box}
	what := "addresses with an extension (user" + p.value(nil, "recipient_delimiter") + "ext)"
	if strings.HasPrefix(box, "@") {
		what = "addresses of " + box
	} else if p.value(nil, "recipient_delimiter") == "" {
		return out, nil
	}
	for _, m := range recipientMaps {
		for _, list := range p.settings(m[0], m[1]) {
			for _, table := range tables(list) {
				entries, err := p.entries(table)
				if err != nil {
					said.note("%s: %s cannot be listed, so what it has for %s is not followed: %v", m[1], table,
						what, err)
				}
				for _, key := range slices.Sorted(maps.Keys(entries)) {
					if form := p.form(key, box); form != "" {
						out = append(out, form)
					}
				}
			}
		}
	}
	return unique(out), said
}

// form is the address that a key stands for, if it is box with an extension, or one
// of its domain where box is an "@domain".
func (p *Postfix) form(key, box string) string {
	local, domain, full := strings.Cut(key, "@")
	if !full {
		domain = address.Domain(box)
		if here, err := p.isLocal(domain); err != nil || !here {
			return ""
		}
	}
	if whole := "@" + domain; box == whole && local != "" {
		return local + whole
	}
	if p.base(local)+"@"+domain != box {
		return ""
	}
	return local + "@" + domain
}

// entries is a whole table.
func (p *Postfix) entries(table string) (map[string][]string, error) {
	if p.List == nil {
		return nil, nil
	}
	return p.List(table)
}
