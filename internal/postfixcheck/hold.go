package postfixcheck

// This file looks for what Postfix does to its own copy of a message alone: it is lost
// when sealgate splits the message and lets Postfix drop that copy.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// lost are the actions of access(5) that stay with the queue file.
var lost = []string{"HOLD", "FILTER", "REDIRECT", "BCC", "PREPEND"}

// restrictions are the lists in which an access map can stand.
var restrictions = []string{
	"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions",
	"smtpd_recipient_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions",
}

// held judges a service whose mail a milter of ours may split.
func held(p *Postfix, s *Service, name string, list, mine []milterEntry) (out findings) {
	i := slices.IndexFunc(mine, func(m milterEntry) bool { return m.listener.Beyond != "" })
	if i < 0 {
		return nil
	}
	for _, r := range restrictions {
		for _, table := range accessTables(p.value(s, r) + " " + p.classes(s)) {
			out = append(out, p.actions(table, name+": "+r)...)
		}
	}
	for _, m := range list {
		if m.listener == nil && m.place < mine[i].place && !isOurs(m, mine) {
			out.note("%s: when %s quarantines a mail (HOLD) that sealgate splits, its copies are not "+
				"held; let it refuse instead", name, m.endpoint)
		}
	}
	return out.distinct() // a class is seen with every list
}

func isOurs(m milterEntry, mine []milterEntry) bool {
	return slices.ContainsFunc(mine, func(o milterEntry) bool { return o.place == m.place })
}

// classes are the lists behind names of smtpd_restriction_classes.
func (p *Postfix) classes(s *Service) (all string) {
	for _, class := range words(p.value(s, "smtpd_restriction_classes")) {
		all += " " + p.value(s, class)
	}
	return all
}

// accessTables are the access maps and policy services in a list of restrictions.
func accessTables(list string) (out []string) {
	all := words(list)
	for i, w := range all[:max(0, len(all)-1)] {
		if strings.HasPrefix(w, "check_") && (strings.HasSuffix(w, "_access") || w == "check_policy_service") {
			out = append(out, all[i+1])
		}
	}
	return out
}

// actions looks into a map, as far as it is a file or stands in main.cf itself.
func (p *Postfix) actions(table, where string) findings {
	text, err := p.tableText(table)
	if err != nil {
		return findings{note("%s: %s %v: %s from it are lost when sealgate splits a mail", where, table, err,
			strings.Join(lost, ", "))}
	}
	for line := range strings.Lines(text) {
		if action := actionIn(line, lost); action != "" {
			return findings{bad("%s: %s has %s, which is lost when sealgate splits a mail; see docs/postfix.md", where,
				table, action)}
		}
	}
	return nil
}

var errNoText = errors.New("cannot be looked into")

// tableText is what stands in a map that is a file, or in main.cf itself.
func (p *Postfix) tableText(table string) (string, error) {
	kind, rest, _ := strings.Cut(table, ":")
	switch kind {
	case "inline", "static":
		return rest, nil
	case "texthash", "hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "cidr", "regexp", "pcre":
		if strings.HasPrefix(rest, "{") {
			return rest, nil // of main.cf, as inline
		}
		text, err := p.read(rest)
		if err != nil {
			return "", fmt.Errorf("cannot be read (%w)", err)
		}
		return text, nil
	}
	return "", errNoText
}

// actionIn is the first of the actions that a line of a map has, "" for none.
func actionIn(line string, actions []string) string {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return ""
	}
	for _, w := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t,={}", r) }) {
		if slices.Contains(actions, strings.ToUpper(w)) {
			return strings.ToUpper(w)
		}
	}
	return ""
}
