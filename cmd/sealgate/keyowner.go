package main

// This file is whose the keys of an export are, as tables for config.toml.

import (
	"fmt"
	"slices"
	"strings"
)

// owner is a mailbox to be: addresses that share keys.
type owner struct {
	addresses []string
	paths     []string
}

func (o *owner) add(path string) {
	if !slices.Contains(o.paths, path) {
		o.paths = append(o.paths, path)
	}
}

// owners are the mailboxes to be.
type owners []*owner

// find is whose a certificate with these addresses is: an address can be in one mailbox only, so
// all that share one are the same.
func (list *owners) find(addresses []string) *owner {
	addresses = slices.Clone(addresses)
	for i, a := range addresses {
		addresses[i] = domainOfAuthority(a)
	}
	found := &owner{addresses: addresses}
	var others owners
	for _, o := range *list {
		shares := len(addresses) == 0 && len(o.addresses) == 0 ||
			slices.ContainsFunc(o.addresses, func(a string) bool { return slices.Contains(found.addresses, a) })
		if !shares {
			others = append(others, o)
			continue
		}
		found.addresses = append(o.addresses, found.addresses...)
		found.paths = append(o.paths, found.paths...)
	}
	slices.Sort(found.addresses)
	found.addresses = slices.Compact(found.addresses)
	*list = append(others, found)
	return found
}

// domainOfAuthority is the domain ("@firma.example") for the names of a domain's own certificates
// (RFC 3183 §3.1.1, §4.1), and else the address itself.
func domainOfAuthority(addr string) string {
	for _, local := range []string{"domain-confidentiality-authority@", "domain-signing-authority@"} {
		if domain, ok := strings.CutPrefix(addr, local); ok {
			return "@" + domain
		}
	}
	return addr
}

// table is the [[mailbox]]. Keys that name nobody are a domain's, or nobody's: an admin must say.
func (o *owner) table() string {
	addresses := quoted(o.addresses)
	comment := ""
	if len(o.addresses) == 0 {
		addresses = `"@YOUR-DOMAIN"`
		comment = "# Certificates without an address: of a whole domain (docs/domains.md)?\n"
	}
	table := fmt.Sprintf("[[mailbox]]\naddresses = [%s]\nkeys = [\n    %s,\n]\n", addresses,
		strings.ReplaceAll(quoted(o.paths), ", ", ",\n    "))
	if comment != "" {
		table = comment + "#" + strings.ReplaceAll(strings.TrimSuffix(table, "\n"), "\n", "\n#") + "\n"
	}
	return table + "\n"
}

// quoted writes a list as TOML does; addresses and paths of ours have no sign that Go writes
// otherwise.
func quoted(list []string) string {
	var all []string
	for _, s := range list {
		all = append(all, fmt.Sprintf("%q", s))
	}
	return strings.Join(all, ", ")
}
