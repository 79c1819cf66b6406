package postfixcheck

// This file looks for what changes mail around sealgate: before it, so that good signatures are
// invalid, or behind it, so that ours are, or our fields are gone.

import (
	"slices"
	"strings"
)

// changing are the actions of header_checks(5) and body_checks that change a mail.
var changing = []string{"REPLACE", "IGNORE", "STRIP", "PREPEND"}

// signedChecks are the lists that act on what a signature covers; header_checks do where they
// touch one of touchy.
var signedChecks = []string{"mime_header_checks", "nested_header_checks", "body_checks"}

// touchy are words of fields without which a signature cannot be checked, or that are ours.
var touchy = []string{"content-", "mime-", "^from", "from:", "smime", "authentication-results"}

// changedBefore judges the lists of cleanup(8), which it holds against mail before a milter sees it.
func changedBefore(p *Postfix, s *Service, name string, listeners []*Listener) (out findings) {
	if p.value(s, "smtpd_proxy_filter") != "" || strings.Contains(p.value(s, "receive_override_options"),
		"no_header_body_checks") {
		return nil
	}
	inbound := takesIn(listeners)
	cleanup := p.cleanupOf(s)
	const signed = "before sealgate sees the mail, so that good signatures are invalid"
	const order = "before sealgate sees the mail: an order that is gone lets it leave in clear"
	if inbound {
		for _, list := range signedChecks {
			out = append(out, p.changes(cleanup, list, name, signed, nil)...)
		}
		out = append(out, p.changes(cleanup, "header_checks", name, signed, touchy)...)
	} else {
		out = append(out, p.changes(cleanup, "header_checks", name, order, []string{"smime"})...)
	}
	const fields = "behind sealgate, to the fields that it writes"
	return append(out, p.changes(cleanup, "milter_header_checks", name, fields, touchy)...)
}

// changedBehind judges them on the service that takes our mail back.
func changedBehind(p *Postfix, s *Service, name string) (out findings) {
	if strings.Contains(p.value(s, "receive_override_options"), "no_header_body_checks") {
		return nil
	}
	const why = "behind sealgate: signatures that it made are broken, or its fields gone; add no_header_body_checks to " +
		"receive_override_options"
	cleanup := p.cleanupOf(s)
	for _, list := range signedChecks {
		out = append(out, p.changes(cleanup, list, name, why, nil)...)
	}
	return append(out, p.changes(cleanup, "header_checks", name, why, touchy)...)
}

// clients judges smtp(8) and lmtp(8), which change mail as it leaves.
func clients(p *Postfix, _ *Gateway) (out findings) {
	const why = "as mail leaves: signatures that sealgate made are broken, or its fields gone"
	for i := range p.Services {
		s := &p.Services[i]
		if s.Command != "smtp" && s.Command != "lmtp" {
			continue
		}
		name := s.Name + "/" + s.Type
		for _, list := range signedChecks {
			out = append(out, p.changes(s, s.Command+"_"+list, name, why, nil)...)
		}
		out = append(out, p.changes(s, s.Command+"_header_checks", name, why, touchy)...)
	}
	return out
}

// changes finds lines of a setting's tables that change mail; with words, those alone that
// have one of them.
func (p *Postfix) changes(s *Service, setting, name, why string, words []string) (out findings) {
	for _, table := range tables(p.value(s, setting)) {
		text, err := p.tableText(table)
		if err != nil {
			out.note("%s: %s (%s) was not looked at, %v: look for %s in it, which change mail %s", name, setting, table, err,
				strings.Join(changing, ", "), why)
			continue
		}
		for line := range strings.Lines(text) {
			if action := actionIn(line, changing); action != "" && (words == nil || hasOne(line, words)) {
				out.bad("%s: %s (%s) has %s: it changes mail %s", name, setting, table, action, why)
				break
			}
		}
	}
	return out
}

func hasOne(line string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(line), w) })
}

// rewriting: an address of ours that Postfix writes anew is not the one that sealgate signs for.
func rewriting(p *Postfix, g *Gateway) (out findings) {
	const around = "before sealgate, or behind it where copies come back"
	for _, m := range []struct{ program, setting, classes, when string }{
		{"cleanup", "sender_canonical_maps", "sender_canonical_classes", around},
		{"cleanup", "canonical_maps", "canonical_classes", around},
		{"smtp", "smtp_generic_maps", "", "as its mail leaves"},
	} {
		if classes := p.value(nil, m.classes); classes != "" && !strings.Contains(classes, "header_sender") {
			continue
		}
		for _, box := range g.Mailboxes {
			became, _, err := p.findAddress(m.program, m.setting, strings.ToLower(box))
			if err != nil {
				out.note("%s was not looked at: %v", m.setting, err)
				break
			}
			for _, other := range became {
				if other = p.complete(other, box); !slices.Contains(g.Mailboxes, other) {
					out.bad("%s becomes %s by %s, %s: a signature is not that address's; take it out", box, other, m.setting,
						m.when)
				}
			}
		}
	}
	for _, domain := range words(p.value(nil, "masquerade_domains")) {
		for _, box := range g.Mailboxes {
			if strings.HasSuffix(strings.ToLower(box), "."+strings.ToLower(domain)) {
				out.bad("%s becomes an address of %s by masquerade_domains: a signature is not that address's; add "+
					"its domain with ! before it", box, domain)
			}
		}
	}
	return out.distinct()
}
