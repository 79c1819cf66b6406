package postfixcheck

// This file asks tables as Postfix does: which keys in which order (virtual(5),
// canonical(5), aliases(5)), and how a result falls into addresses.

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"sealgate/internal/address"
)

// settings are the values of a parameter in main.cf and in every service that
// runs a program; what main.cf says counts only where a service takes it.
func (p *Postfix) settings(program, name string) (out []string) {
	for i := range p.Services {
		if s := &p.Services[i]; s.Command == program {
			out = append(out, p.value(s, name))
		}
	}
	if out == nil {
		return []string{p.value(nil, name)}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// words splits a list of Postfix's; { … } holds together.
func words(v string) (out []string) {
	depth := 0
	word := ""
	for _, r := range v + " " {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case depth == 0 && strings.ContainsRune(", \t\r\n", r):
			if word != "" {
				out = append(out, word)
			}
			word = ""
			continue
		}
		word += string(r)
	}
	return out
}

// tables are those of a list. proxymap(8) is left out: it opens the same table.
func tables(v string) (out []string) {
	for _, t := range words(v) {
		out = append(out, strings.TrimPrefix(t, "proxy:"))
	}
	return out
}

// isPattern reports whether a table is asked for the whole address only.
func isPattern(table string) bool {
	kind, _, _ := strings.Cut(table, ":")
	return slices.Contains([]string{"regexp", "pcre", "cidr", "tcp"}, kind)
}

// ask looks the keys up one after the other, each in all tables.
func (p *Postfix) ask(name, list string, keys []string) ([]string, error) {
	if p.Lookup == nil {
		return nil, nil
	}
	for i, key := range keys {
		for _, table := range tables(list) {
			if i > 0 && isPattern(table) {
				continue
			}
			found, err := p.Lookup(table, key)
			if err != nil {
				return nil, fmt.Errorf("%s: %s cannot be looked up: %w", name, table, err)
			}
			if len(found) > 0 {
				return found, nil
			}
		}
	}
	return nil, nil
}

// addressKeys are the keys for an address: user+ext@domain, user@domain, and for
// a local domain user+ext and user; the domain's catch-all is last.
func (p *Postfix) addressKeys(at string) ([]string, error) {
	i := strings.LastIndexByte(at, '@')
	local := at[:max(i, 0)]
	domain := at[i+1:]
	base := p.base(local)
	keys := []string{at, base + "@" + domain}
	here, err := p.isLocal(domain)
	if here && local != "" {
		keys = append(keys, local, base)
	}
	return unique(append(keys, "@"+domain)), err
}

// base is a local part without its extension.
func (p *Postfix) base(local string) string {
	if i := strings.IndexAny(local, p.value(nil, "recipient_delimiter")); i > 0 {
		return local[:i]
	}
	return local
}

// isLocal reports whether a bare user stands for an address of this domain.
func (p *Postfix) isLocal(domain string) (bool, error) {
	if domain == p.origin() || strings.HasPrefix(domain, "[") {
		return true, nil
	}
	return p.lists("mydestination", domain)
}

// lists reports whether a setting names a domain, itself or in a table or file.
func (p *Postfix) lists(name, domain string) (bool, error) {
	for _, d := range tables(p.value(nil, name)) {
		switch {
		case strings.EqualFold(d, domain):
			return true, nil
		case name == "relay_domains" && strings.HasSuffix(domain, "."+strings.ToLower(strings.TrimPrefix(d, "."))):
			return true, nil // parent_domain_matches_subdomains
		case strings.HasPrefix(d, "/"):
			text, err := os.ReadFile(d)
			if err != nil {
				return false, fmt.Errorf("%s: %w", name, err)
			}
			if slices.Contains(words(strings.ToLower(string(text))), domain) {
				return true, nil
			}
		case strings.Contains(d, ":"):
			if found, err := p.ask(name, d, []string{domain}); err != nil || len(found) > 0 {
				return err == nil, err
			}
		}
	}
	return false, nil
}

// origin is what an address without a domain gets.
func (p *Postfix) origin() string {
	v := p.value(nil, "myorigin")
	if strings.HasPrefix(v, "/") {
		text, _ := os.ReadFile(v)
		v, _, _ = strings.Cut(strings.TrimSpace(string(text)), "\n")
	}
	if v == "" {
		v = p.value(nil, "myhostname")
	}
	if v == "" {
		v = "localhost"
	}
	return strings.ToLower(v)
}

// complete makes an address of what a table gives for at: a bare user gets the
// origin, a bare @domain the same user. |command, /file and :include: stay.
func (p *Postfix) complete(v, at string) string {
	v = strings.TrimPrefix(strings.Trim(v, "<>"), "\\") // \user is the user's mailbox
	switch {
	case isSpecial(v):
		return v
	case strings.HasPrefix(v, "@") && strings.Contains(at, "@"):
		v = at[:strings.LastIndexByte(at, '@')] + v
	case !strings.Contains(v, "@"):
		v += "@" + p.origin()
	}
	if normal, err := address.Normalize(v); err == nil {
		return normal
	}
	return strings.ToLower(v)
}

func isSpecial(v string) bool {
	return strings.HasPrefix(v, "|") || strings.HasPrefix(v, "/") || strings.HasPrefix(v, ":include:")
}

// split takes a result apart: commas and blanks between, except in quotes.
func split(v string) (out []string) {
	quoted := false
	for _, w := range strings.FieldsFunc(v, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && strings.ContainsRune(", \t\r\n", r)
	}) {
		if unquoted := strings.Trim(w, `"`); isSpecial(unquoted) {
			w = unquoted
		}
		out = append(out, w)
	}
	return out
}

func unique(list []string) (out []string) {
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
