package postfixcheck

// This file looks for what could tell a sender what his mail says once it is
// decrypted: notices of its delivery, and refusals by those who see it after sealgate.

import (
	"slices"
	"strings"
)

// notices: Postfix tells the sender of success and delay where it offers DSN, with the
// header as sealgate leaves it. Where copies go by reinject they do not ask for it.
func notices(p *Postfix, s *Service, name string, mine []milterEntry) (out findings) {
	discarded := words(strings.ToLower(p.value(s, "smtpd_discard_ehlo_keywords")))
	for _, m := range mine {
		strangers := m.listener.Direction == "inbound" || m.listener.Direction == "auto" && !submits(s)
		if strangers && m.listener.Beyond == "" && !slices.Contains(discarded, "dsn") {
			out.bad("%s: it offers DSN, and the listener at %s has no reinject: encrypted mail whose "+
				"sender asks for a notice is left as it came, or the notice would tell him what it says; set "+
				"smtpd_discard_ehlo_keywords = silent-discard, dsn, or give the listener reinject", name, m.listener.Address)
		}
	}
	return out
}

// blind: behind smtpd_proxy_filter a milter sees commands only (MILTER_README).
func blind(p *Postfix, s *Service, name string, mine []milterEntry) findings {
	filter := p.value(s, "smtpd_proxy_filter")
	if filter == "" || len(mine) == 0 {
		return nil
	}
	return findings{bad("%s: with smtpd_proxy_filter (%s) milters see no mail, only commands: sealgate at %s "+
		"does nothing, and a forged X-SMIME-Status reaches the agent; set -o smtpd_milters= and use an smtp listener, or "+
		"take the filter out", name, filter, mine[0].listener.Address)}
}

// mayRefuse says who sees mail after sealgate and could refuse it for what it says, so
// that the answer, or the lack of one, tells the sender.
func mayRefuse(name string, after []string) (out findings) {
	for _, who := range after {
		out.note("%s: %s sees decrypted mail after sealgate: a refusal for what it says would tell "+
			"its sender; let it mark or quarantine such mail", name, who)
	}
	return out
}

// contentChecks are the lists that cleanup(8) holds against the mail itself.
var contentChecks = []string{"header_checks", "mime_header_checks", "nested_header_checks", "body_checks"}

// returned names what mail meets that comes back from an inbound listener.
func returned(p *Postfix, g *Gateway, s *Service, name string) findings {
	if !slices.ContainsFunc(g.Listeners, func(d Listener) bool {
		return d.Direction != "outbound" && d.Beyond != "" && sameEndpoint(s.Name, d.Beyond)
	}) {
		return nil
	}
	var after []string
	options := p.value(s, "receive_override_options")
	if !strings.Contains(options, "no_milters") {
		for _, m := range milters(p.value(s, "smtpd_milters")) {
			after = append(after, m.endpoint)
		}
	}
	if filter := p.value(s, "smtpd_proxy_filter"); filter != "" {
		after = append(after, filter)
	}
	if !strings.Contains(options, "no_header_body_checks") {
		after = append(after, p.checks(s, contentChecks)...)
	}
	return mayRefuse(name, after)
}

// checks are those of a service's cleanup that are set.
func (p *Postfix) checks(s *Service, names []string) (set []string) {
	cleanup := p.cleanupOf(s)
	for _, name := range names {
		if v := p.value(cleanup, name); v != "" && !slices.Contains(set, v) {
			set = append(set, v)
		}
	}
	return set
}

// following are the milters that stand after an inbound one of ours, and what judges
// the fields that milters change.
func following(p *Postfix, s *Service, list, mine []milterEntry) (after []string) {
	i := slices.IndexFunc(mine, func(m milterEntry) bool { return m.listener.Direction != "outbound" })
	if i < 0 {
		return nil
	}
	for _, other := range list[mine[i].place+1:] {
		if other.listener == nil {
			after = append(after, other.endpoint)
		}
	}
	return append(after, p.checks(s, []string{"milter_header_checks"})...)
}
