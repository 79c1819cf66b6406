package postfixcheck

// This file reads lists of milters: which are ours, and how they stand there.

import "strings"

// milterEntry is one milter of smtpd_milters.
type milterEntry struct {
	endpoint string            // inet:host:port or unix:path
	options  map[string]string // of the { … } form
	place    int
	listener *Listener
}

// milters splits the setting: blanks, commas, and { endpoint, name=value } groups.
func milters(v string) (out []milterEntry) {
	for v = strings.TrimLeft(v, ", \t\n"); v != ""; v = strings.TrimLeft(v, ", \t\n") {
		entry := milterEntry{options: map[string]string{}, place: len(out)}
		if v[0] == '{' {
			group, rest, _ := strings.Cut(v[1:], "}")
			v = rest
			for i, w := range strings.FieldsFunc(group, isSeparator) {
				if i == 0 {
					entry.endpoint = w
					continue
				}
				name, value, _ := strings.Cut(w, "=")
				entry.options[name] = value
			}
		} else {
			end := strings.IndexAny(v, ", \t\n")
			if end < 0 {
				end = len(v)
			}
			entry.endpoint = v[:end]
			v = v[end:]
		}
		out = append(out, entry)
	}
	return out
}

// isSeparator reports whether a character stands between the words of a list.
func isSeparator(r rune) bool { return strings.ContainsRune(", \t\n", r) }

// ours are the entries that are our listeners; they are marked in the list, too.
func ours(list []milterEntry, g *Gateway) (mine []milterEntry) {
	for j := range list {
		m := &list[j]
		for i := range g.Listeners {
			d := &g.Listeners[i]
			if d.Protocol == "milter" && sameEndpoint(strings.TrimPrefix(m.endpoint, "inet:"), d.Address) {
				m.listener = d
				mine = append(mine, *m)
			}
		}
	}
	return mine
}

// actions demands tempfail: with accept, a milter that dies while it replaces
// the body makes Postfix send the old one, in clear.
func actions(p *Postfix, s *Service, name string, mine []milterEntry) (out findings) {
	for _, m := range mine {
		action := p.value(s, "milter_default_action")
		if v, ok := m.options["default_action"]; ok {
			action = v
		}
		if action != "tempfail" {
			out.bad("%s: default_action of %s is %q, it must be tempfail: otherwise mail leaves in "+
				"clear when sealgate dies", name, m.endpoint, action)
		}
	}
	return out
}

// order: who verifies DKIM needs the original and stands before us inbound; who
// signs stands after us outbound.
func order(name string, list, mine []milterEntry) (out findings) {
	for _, m := range mine {
		for _, other := range list {
			switch {
			case other.place == m.place || other.listener != nil:
			case m.listener.Direction == "inbound" && other.place > m.place:
				out.good("%s: %s comes after sealgate and sees decrypted mail; if it verifies DKIM, or "+
					"SPF, put it before", name, other.endpoint)
			case m.listener.Direction == "outbound" && other.place < m.place:
				out.bad("%s: %s comes before sealgate; if it signs DKIM, its signature breaks: put it after",
					name, other.endpoint)
			}
		}
	}
	return out
}

// chroot: a chrooted smtpd reaches unix sockets below the queue only.
func chroot(p *Postfix, s *Service, name string, mine []milterEntry) (out findings) {
	for _, m := range mine {
		path, unix := strings.CutPrefix(m.listener.Address, "unix:")
		if unix && s.Chroot && !strings.HasPrefix(path, p.Main["queue_directory"]+"/") {
			out.bad("%s: smtpd is chrooted and cannot reach %s; put the socket below %s or use inet", name,
				path, p.Main["queue_directory"])
		}
	}
	return out
}
