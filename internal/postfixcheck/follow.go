package postfixcheck

// This file follows a recipient as Postfix does: cleanup(8) rewrites (canonical),
// copies (bcc) and expands (virtual), then local(8) has aliases, .forward and
// luser_relay, whose results enter cleanup again.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// maxHops bounds how far an alias is followed.
const maxHops = 50

// stage is how far Postfix is with a recipient.
type stage int

const (
	entering  stage = iota // before cleanup
	expanding              // virtual aliases
	local                  // delivered by local(8), if it is a local address
)

// hop is a recipient on its way.
type hop struct {
	at    string // address, |command, /file or :include:file
	by    string // the setting that led here
	stage stage
	depth int
}

// resolve is where mail for an address ends, as far as it can be followed: the error says where
// it cannot.
func (p *Postfix) resolve(box, by string) (ends []hop, err error) {
	type place struct {
		at    string
		stage stage
	}
	todo := []hop{{at: p.complete(box, ""), by: by}}
	seen := map[place]bool{}
	for len(todo) > 0 {
		h := todo[0]
		todo = todo[1:]
		if seen[place{h.at, h.stage}] {
			continue
		}
		seen[place{h.at, h.stage}] = true
		if h.depth > maxHops {
			return ends, fmt.Errorf("%s: more than %d aliases in a row, the last is %s", h.by, maxHops, h.at)
		}
		next, fault := p.next(h)
		switch {
		case fault != nil && err == nil:
			err = fault // the first; the others are as bad
		case fault != nil:
		case len(next) == 0:
			ends = append(ends, h)
		}
		todo = append(todo, next...)
	}
	return ends, err
}

// next is where a recipient goes from here, nothing at its end.
func (p *Postfix) next(h hop) ([]hop, error) {
	switch {
	case strings.HasPrefix(h.at, ":include:"):
		return p.include(h, strings.TrimPrefix(h.at, ":include:"))
	case isSpecial(h.at):
		return nil, nil
	case h.stage == entering:
		return p.enter(h)
	case h.stage == expanding:
		return p.expandVirtual(h)
	}
	return p.deliver(h)
}

// to makes hops of a table's results.
func (h hop) to(p *Postfix, by string, s stage, results ...string) (out []hop) {
	for _, r := range results {
		out = append(out, hop{p.complete(r, h.at), by, s, h.depth + 1})
	}
	return out
}

// onward is the same recipient at the next stage.
func (h hop) onward(s stage) hop { return hop{h.at, h.by, s, h.depth} }

// find asks a setting of a program for an address; each service may have its own,
// and where one of them knows nothing, missed is true.
func (p *Postfix) find(program, name string, keys []string) (found []string, missed bool, err error) {
	for _, list := range p.settings(program, name) {
		some, err := p.ask(name, list, keys)
		if err != nil {
			return nil, false, err
		}
		found = append(found, some...)
		missed = missed || len(some) == 0
	}
	return unique(found), missed, nil
}

// canonicals are the maps of canonical(5) that see recipients, and what each is for.
var canonicals = []struct{ name, classes string }{
	{"recipient_canonical_maps", "recipient_canonical_classes"},
	{"canonical_maps", "canonical_classes"},
}

// enter: the canonical maps replace the address, the bcc maps add to it.
func (p *Postfix) enter(h hop) (out []hop, err error) {
	now := []hop{h.onward(expanding)}
	for _, m := range canonicals {
		if classes := p.value(nil, m.classes); classes != "" && !strings.Contains(classes, "envelope_recipient") {
			continue
		}
		var then []hop
		for _, n := range now {
			found, missed, err := p.findAddress("cleanup", m.name, n.at)
			if err != nil {
				return nil, err
			}
			if missed {
				then = append(then, n)
			}
			then = append(then, n.to(p, m.name, expanding, found...)...)
		}
		now = then
	}
	for _, n := range now {
		found, _, err := p.findAddress("cleanup", "recipient_bcc_maps", n.at)
		if err != nil {
			return nil, err
		}
		out = append(append(out, n), n.to(p, "recipient_bcc_maps", entering, found...)...)
	}
	return out, nil
}

func (p *Postfix) findAddress(program, name, at string) (found []string, missed bool, err error) {
	keys, err := p.addressKeys(at)
	if err != nil {
		return nil, false, err
	}
	return p.find(program, name, keys)
}

// expandVirtual: what virtual aliases do not know, or keep, is delivered.
func (p *Postfix) expandVirtual(h hop) ([]hop, error) {
	found, missed, err := p.findAddress("cleanup", "virtual_alias_maps", h.at)
	if err != nil {
		return nil, err
	}
	out := h.to(p, "virtual_alias_maps", expanding, found...)
	if missed || slices.ContainsFunc(out, func(n hop) bool { return n.at == h.at }) {
		out = append(out, h.onward(local))
	}
	return out, nil
}

// deliver: aliases first, then the user's .forward, then luser_relay for nobody.
func (p *Postfix) deliver(h hop) (out []hop, err error) {
	user, domain, _ := strings.Cut(h.at, "@")
	here, err := p.lists("mydestination", domain)
	if err != nil || !here || user == "" || p.Lookup == nil {
		return nil, err
	}
	found, missed, err := p.find("local", "alias_maps", unique([]string{user, p.base(user)}))
	if err != nil {
		return nil, err
	}
	out, err = p.forwarded(h, "alias_maps", found)
	if err != nil {
		return out, err
	}
	if !missed && !slices.ContainsFunc(out, func(n hop) bool { return n.at == h.at }) {
		return out, nil
	}
	more, err := p.userOrNobody(h, p.base(user), domain)
	return append(out, more...), err
}

// forwarded: local(8) goes on with local addresses itself, the rest is mailed.
func (p *Postfix) forwarded(h hop, by string, results []string) (out []hop, err error) {
	for _, n := range h.to(p, by, entering, results...) {
		_, domain, _ := strings.Cut(n.at, "@")
		here, err := p.lists("mydestination", domain)
		if err != nil {
			return nil, err
		}
		if here {
			n.stage = local
		}
		out = append(out, n)
	}
	return out, nil
}

// userOrNobody: a user of the system may have a .forward, anybody else's mail goes
// to luser_relay.
func (p *Postfix) userOrNobody(h hop, user, domain string) (out []hop, err error) {
	entry, err := p.Lookup("unix:passwd.byname", user)
	if err != nil {
		return nil, fmt.Errorf("local user %s: %w", user, err)
	}
	fields := strings.Split(strings.Join(entry, " "), ":") // name, x, uid, gid, gecos, home, shell
	known := len(fields) > 5
	if known {
		out, err = p.include(h, fields[5]+"/.forward")
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			out = nil
			err = nil
		}
	}
	for i := range p.Services {
		s := &p.Services[i]
		if s.Command != "local" || p.value(s, "mailbox_transport") != "" {
			continue
		}
		if command := p.value(s, "mailbox_command"); known && command != "" {
			out = append(out, h.to(p, "mailbox_command", local, "|"+command)...)
		}
		if !known && p.value(s, "fallback_transport") == "" {
			relay, own := s.Override["luser_relay"]
			if !own {
				relay = p.Main["luser_relay"]
			}
			relay = p.expand(strings.NewReplacer("$domain", domain, "${domain}", domain, "$user", user, "${user}", user,
				"$local", user, "${local}", user).Replace(relay))
			if relay != "" {
				out = append(out, h.to(p, "luser_relay", entering, relay)...)
			}
		}
	}
	return out, err
}

// include reads a list of addresses: an :include: file or a .forward.
func (p *Postfix) include(h hop, path string) ([]hop, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.at, err)
	}
	var results []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			results = append(results, split(line)...)
		}
	}
	return p.forwarded(h, path, results)
}
