package config

// This file refuses what cannot work, with the remedy, before anything starts.

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"sealgate/internal/address"
)

// resolve makes paths absolute and expands globs. A glob that matches nothing is
// an error: a root or key that is silently missing is worse than no start.
func (c *Config) resolve(dir string) error {
	abs := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	abs(&c.Server.DataDir)
	if !filepath.IsAbs(c.Store.Dir) {
		c.Store.Dir = filepath.Join(c.Server.DataDir, c.Store.Dir)
	}
	for _, p := range []*string{&c.Store.KeyFile, &c.Spool.Dir} {
		abs(p)
	}
	for i := range c.Listener {
		abs(&c.Listener[i].TLSCert)
		abs(&c.Listener[i].TLSKey)
		abs(&c.Listener[i].LoginFile)
	}
	var err error
	for i := range c.Mailbox {
		abs(&c.Mailbox[i].PasswordFile)
		c.Mailbox[i].Keys, err = expand(dir, c.Mailbox[i].Keys, err)
	}
	c.Trust.Roots, err = expand(dir, c.Trust.Roots, err)
	c.Outbound.Archive, err = expand(dir, c.Outbound.Archive, err)
	return err
}

// expand is the files that the patterns match; a former error passes through.
func expand(dir string, patterns []string, before error) ([]string, error) {
	if before != nil {
		return nil, before
	}
	var out []string
	for _, p := range patterns {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		files, err := filepath.Glob(p)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", p, err)
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("%q matches no file", p)
		}
		out = append(out, files...)
	}
	return out, nil
}

// validate checks every section; the first fault is returned.
func (c *Config) validate() error {
	for _, check := range []func() error{c.server, c.listeners, c.mailboxes, c.rules, c.choices} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) server() error {
	if c.Server.Hostname == "" || strings.ContainsAny(c.Server.Hostname, " \t\r\n;()\"") {
		return fmt.Errorf("server.hostname %q is not a host name", c.Server.Hostname)
	}
	if !slices.Contains([]string{"de", "en"}, c.Server.Language) {
		return fmt.Errorf("server.language %q: there are \"de\" and \"en\"", c.Server.Language)
	}
	return nil
}

func (c *Config) listeners() error {
	seen := map[string]bool{}
	for i := range c.Listener {
		l := &c.Listener[i]
		where := fmt.Sprintf("listener %d (%s)", i+1, l.Address)
		if seen[l.Address] {
			return fmt.Errorf("%s: another listener has this address", where)
		}
		seen[l.Address] = true
		if err := l.check(); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	return nil
}

func (l *Listener) check() error {
	if err := endpoint("address", l.Address); err != nil {
		return err
	}
	switch l.Protocol {
	case "milter":
		if l.NextHop != "" || l.LMTP || l.TLSCert+l.LoginFile != "" {
			return errors.New("next_hop, lmtp, tls_certificate and login_file are for protocol \"smtp\"; a milter has reinject")
		}
	case "smtp":
		if err := endpoint("next_hop", l.NextHop); err != nil {
			return err
		}
		if l.Reinject != "" {
			return errors.New("reinject is for protocol \"milter\"; smtp has next_hop")
		}
		if (l.TLSCert == "") != (l.TLSKey == "") {
			return errors.New("tls_certificate and tls_key go together")
		}
		if l.LoginFile != "" && l.TLSCert == "" {
			return errors.New("login_file needs tls_certificate: passwords are taken under TLS only")
		}
	default:
		return fmt.Errorf("protocol %q: there are \"milter\" and \"smtp\"", l.Protocol)
	}
	if l.Reinject != "" {
		if err := endpoint("reinject", l.Reinject); err != nil {
			return err
		}
	}
	return l.checkDirection()
}

// checkDirection keeps orders off inbound listeners, and "auto" off smtp: behind
// a proxy all clients are 127.0.0.1 (design §8).
func (l *Listener) checkDirection() error {
	switch l.Direction {
	case "inbound":
		if len(l.OrdersFrom) > 0 {
			return errors.New("orders_from on an inbound listener: nobody may order there")
		}
	case "outbound":
	case "auto":
		if l.Protocol == "smtp" {
			return errors.New("direction \"auto\" is for milters: all clients of a proxy are Postfix itself")
		}
	default:
		return fmt.Errorf("direction %q: there are \"inbound\", \"outbound\" and, for a milter, \"auto\"", l.Direction)
	}
	return nil
}

func endpoint(key, s string) error {
	if path, ok := strings.CutPrefix(s, "unix:"); ok && path != "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(s); err != nil {
		return fmt.Errorf("%s %q is neither host:port nor unix:PATH", key, s)
	}
	return nil
}

// mailboxes brings addresses to their normal form and refuses double claims.
func (c *Config) mailboxes() error {
	claimed := map[string]int{}
	for i := range c.Mailbox {
		m := &c.Mailbox[i]
		if len(m.Addresses) == 0 {
			return fmt.Errorf("mailbox %d has no addresses", i+1)
		}
		for _, list := range []*[]string{&m.Addresses, &m.Also} {
			if err := normalize(*list, list == &m.Also); err != nil {
				return fmt.Errorf("mailbox %d: %w", i+1, err)
			}
			for _, a := range *list {
				if by, taken := claimed[a]; taken {
					return fmt.Errorf("mailboxes %d and %d both have %s", by, i+1, a)
				}
				claimed[a] = i + 1
			}
		}
		if err := errors.Join(strength("sign", m.Sign), strength("encrypt", m.Encrypt)); err != nil {
			return fmt.Errorf("mailbox %d: %w", i+1, err)
		}
	}
	return nil
}

// normalize writes each address in its normal form; "@domain" where allowed.
func normalize(list []string, domains bool) error {
	for i, a := range list {
		local := a
		if domains && strings.HasPrefix(a, "@") {
			local = "x" + a
		}
		n, err := address.Normalize(local)
		if err != nil {
			return fmt.Errorf("%q: %w", a, err)
		}
		list[i] = strings.TrimPrefix(n, strings.TrimSuffix(local, a))
	}
	return nil
}

func strength(key, s string) error {
	if s == "" || s == "yes" || s == "no" || s == "if-possible" {
		return nil
	}
	return fmt.Errorf("%s = %q: there are \"yes\", \"if-possible\" and \"no\"", key, s)
}

func (c *Config) rules() error {
	for i := range c.Rule {
		r := &c.Rule[i]
		err := errors.Join(strength("sign", r.Sign), strength("encrypt", r.Encrypt))
		for _, a := range []*string{&r.Sender, &r.Recipient} {
			if *a != "" && err == nil {
				one := []string{*a}
				err = normalize(one, true)
				*a = one[0]
			}
		}
		if !slices.Contains([]string{"", "hard", "soft", "off"}, r.Revocation) {
			err = errors.Join(err, fmt.Errorf("revocation %q: there are \"hard\", \"soft\" and \"off\"", r.Revocation))
		}
		if r.Revocation != "" && r.Recipient+r.Domain == "" {
			err = errors.Join(err, errors.New("revocation is for a partner: recipient or domain must name it"))
		}
		if err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
		if r.Domain = strings.ToLower(strings.TrimPrefix(r.Domain, "@")); *r == (Rule{}) {
			return fmt.Errorf("rule %d is empty", i+1)
		}
	}
	return nil
}

// choices checks the options that are one of a few words.
func (c *Config) choices() error {
	actions := []string{"tag", "text", "quarantine", "reject", "tempfail"}
	for _, k := range []struct {
		key, value string
		of         []string
	}{
		{"trust.revocation", c.Trust.Revocation, []string{"hard", "soft", "off"}},
		{"trust.unknown_ca", c.Trust.UnknownCA, []string{"ignore", "pending"}},
		{"trust.on_key_change", c.Trust.OnKeyChange, []string{"use", "pending"}},
		{"store.driver", c.Store.Driver, []string{"badger"}},
		{"outbound.reply_to_encrypted", c.Outbound.ReplyToEncrypted, []string{"yes", "if-possible", "off"}},
		{"outbound.header_protection", c.Outbound.HeaderProtection, []string{"off", "sign", "hide-subject"}},
		{"log.level", c.Log.Level, []string{"debug", "info", "warn", "error"}},
		{"log.format", c.Log.Format, []string{"text", "json"}},
	} {
		if !slices.Contains(k.of, k.value) {
			return fmt.Errorf("%s %q: there are %q", k.key, k.value, k.of)
		}
	}
	for key, value := range c.On.Actions() {
		if !slices.Contains(actions, value) {
			return fmt.Errorf("on.%s %q: there are %q", key, value, actions)
		}
	}
	return nil
}
