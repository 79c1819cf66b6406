package postfixcheck

// This file follows aliases: decryption happens before they are expanded, so one
// that leads out sends plaintext out (design §8).

import (
	"fmt"
	"slices"
	"strings"

	"sealgate/internal/address"
)

// maxHops bounds how far an alias is followed.
const maxHops = 20

// aliases resolves every mailbox.
func aliases(p *Postfix, g *Gateway) (out []Finding) {
	domains := p.ownDomains(g)
	for _, box := range g.Mailboxes {
		ends, err := p.resolve(box)
		if err != nil {
			out = append(out, bad("%s: its aliases cannot be looked up: %v", box, err))
			continue
		}
		for _, end := range ends {
			if d := address.Domain(end); strings.Contains(end, "@") && !slices.Contains(domains, d) {
				out = append(out, bad("%s: an alias leads to %s, outside our domains: decrypted mail would leave the house", box, end))
			}
			if strings.HasPrefix(end, "|") || strings.HasPrefix(end, "/") {
				out = append(out, good("%s: delivered to %s", box, end))
			}
		}
	}
	for _, name := range []string{"always_bcc"} {
		if v := p.expand(p.Main[name]); v != "" && strings.Contains(v, "@") && !slices.Contains(domains, address.Domain(v)) {
			out = append(out, bad("%s: copies of all mail go to %s, outside our domains", name, v))
		}
	}
	return out
}

// ownDomains are the domains that mail stays in.
func (p *Postfix) ownDomains(g *Gateway) (out []string) {
	for _, name := range []string{"mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains", "mydomain", "myhostname"} {
		for _, d := range strings.FieldsFunc(p.expand(p.Main[name]), func(r rune) bool { return r == ',' || r == ' ' }) {
			if !strings.ContainsAny(d, ":/") {
				out = append(out, strings.ToLower(d))
			}
		}
	}
	for _, box := range g.Mailboxes {
		out = append(out, address.Domain(box))
	}
	return append(out, "localhost")
}

// resolve is where mail for an address ends.
func (p *Postfix) resolve(box string) (ends []string, err error) {
	todo, seen := []string{box}, map[string]bool{}
	for hop := 0; len(todo) > 0; hop++ {
		if hop > maxHops*len(seen)+maxHops {
			return nil, fmt.Errorf("more than %d aliases in a row", maxHops)
		}
		at := todo[0]
		todo = todo[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		next, err := p.step(at)
		if err != nil {
			return nil, err
		}
		if len(next) == 0 {
			ends = append(ends, at)
		}
		todo = append(todo, next...)
		more, err := p.query("recipient_bcc_maps", at)
		if err != nil {
			return nil, err
		}
		ends = append(ends, more...)
	}
	return ends, nil
}

// step asks virtual aliases, and for local addresses alias_maps.
func (p *Postfix) step(at string) ([]string, error) {
	next, err := p.query("virtual_alias_maps", at)
	if err != nil || len(next) > 0 {
		return next, err
	}
	local, domain, _ := strings.Cut(at, "@")
	if domain != "" && !slices.Contains(strings.FieldsFunc(p.expand(p.Main["mydestination"]), func(r rune) bool { return r == ',' || r == ' ' }), domain) {
		return nil, nil
	}
	return p.queryKey("alias_maps", local)
}

// query asks for the address and for its domain's catch-all.
func (p *Postfix) query(maps, at string) ([]string, error) {
	next, err := p.queryKey(maps, at)
	if err != nil || len(next) > 0 || !strings.Contains(at, "@") {
		return next, err
	}
	return p.queryKey(maps, "@"+address.Domain(at))
}

func (p *Postfix) queryKey(maps, key string) ([]string, error) {
	if p.Main[maps] == "" || p.Lookup == nil {
		return nil, nil
	}
	return p.Lookup(p.expand(p.Main[maps]), key)
}
