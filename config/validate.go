package config

// This file refuses what cannot work, with the remedy, before anything starts.

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sealgate/gateway"
	"sealgate/internal/address"
	"sealgate/smime/cms"
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
	for _, p := range []*string{&c.Store.KeyFile, &c.Store.PasswordFile, &c.Spool.Dir, &c.Admin.TLSCert, &c.Admin.TLSKey} {
		abs(p)
	}
	for i := range c.Listener {
		c.Listener[i].resolve(abs)
	}
	resolveSocket(&c.Alerts.NextHop, abs)
	for i := range c.Mailbox {
		abs(&c.Mailbox[i].PasswordFile)
		if err := at("mailbox", i+1, "keys", expand(dir, &c.Mailbox[i].Keys)); err != nil {
			return err
		}
	}
	for i := range c.Directory {
		d := &c.Directory[i]
		for _, p := range []*string{&d.PasswordFile, &d.CAFile, &d.Folder} {
			abs(p)
		}
	}
	if err := at("trust", 0, "roots", expand(dir, &c.Trust.Roots)); err != nil {
		return err
	}
	for i := range c.Trust.Partner {
		p := &c.Trust.Partner[i]
		if err := at("trust.partner", i+1, "roots", expand(dir, &p.Roots)); err != nil {
			return err
		}
		if err := at("trust.partner", i+1, "signers", expand(dir, &p.Signers)); err != nil {
			return err
		}
	}
	for i := range c.Rule {
		if err := at("rule", i+1, "certificate", expand(dir, &c.Rule[i].Certificate)); err != nil {
			return err
		}
	}
	return at("outbound", 0, "archive", expand(dir, &c.Outbound.Archive))
}

// expand replaces patterns by the files that they match.
func expand(dir string, patterns *[]string) error {
	var out []string
	for _, p := range *patterns {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		files, err := filepath.Glob(p)
		if err != nil {
			return fmt.Errorf("%q: %w", p, err)
		}
		if len(files) == 0 {
			return fmt.Errorf("%q matches no file", p)
		}
		out = append(out, files...)
	}
	*patterns = out
	return nil
}

// validate checks every section; the first fault is returned.
func (c *Config) validate() error {
	checks := []func() error{
		c.server, c.storage, c.listeners, c.mailboxes, c.rules, c.partners, c.directories, c.admins, c.said,
		c.numbers, c.headers,
		c.bounces, c.records, c.alerts,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) server() error {
	if c.Server.Hostname == "" || strings.ContainsAny(c.Server.Hostname, " \t\r\n;()\"") {
		return at("server", 0, "hostname", fmt.Errorf("server.hostname %q is not a host name", c.Server.Hostname))
	}
	return at("server", 0, "domains", c.domains())
}

// storage wants to know where the database is. Both drivers may be set up while a store is copied.
func (c *Config) storage() error {
	if c.Store.Driver == Postgres && c.Store.URL == "" {
		return at("store", 0, "driver", errors.New(`store.driver "postgres" needs store.url`))
	}
	if c.Store.PasswordFile != "" && c.Store.URL == "" {
		return at("store", 0, "password_file", errors.New("store.password_file is of store.url"))
	}
	return nil
}

// domains are written in their normal form; those below one are not meant.
func (c *Config) domains() error {
	for i, d := range c.Server.Domains {
		one := []string{"@" + d}
		if err := normalize(one, true); err != nil {
			return fmt.Errorf("server.domains %q: %w", d, err)
		}
		c.Server.Domains[i] = one[0][1:]
	}
	return nil
}

// mailboxes brings addresses to their normal form and refuses double claims.
func (c *Config) mailboxes() error {
	claimed := map[string]int{}
	for i := range c.Mailbox {
		m := &c.Mailbox[i]
		if len(m.Addresses) == 0 {
			return at("mailbox", i+1, "", fmt.Errorf("mailbox %d has no addresses", i+1))
		}
		for _, list := range []*[]string{&m.Addresses, &m.Also} {
			if err := normalize(*list, true); err != nil {
				return at("mailbox", i+1, listKey(list == &m.Also), fmt.Errorf("mailbox %d: %w", i+1, err))
			}
			for _, a := range *list {
				if by, taken := claimed[a]; taken {
					return at("mailbox", i+1, listKey(list == &m.Also), fmt.Errorf("mailboxes %d and %d both have %s", by, i+1, a))
				}
				claimed[a] = i + 1
			}
		}
		if strings.ContainsFunc(m.RecipientDelimiter, func(r rune) bool { return !strings.ContainsRune("+-=_#!/", r) }) {
			return at("mailbox", i+1, "recipient_delimiter", fmt.Errorf("mailbox %d: recipient_delimiter %q: it may "+
				"have the characters +-=_#!/", i+1, m.RecipientDelimiter))
		}
		if err := m.domainOrPerson(); err != nil {
			return within("mailbox", i+1, fmt.Sprintf("mailbox %d", i+1), err)
		}
	}
	return nil
}

// domainOrPerson refuses what a mailbox of a domain has no use for, and what is neither.
func (m *Mailbox) domainOrPerson() error {
	isDomain := func(a string) bool { return strings.HasPrefix(a, "@") }
	switch {
	case !slices.ContainsFunc(m.Addresses, isDomain):
		if m.Verify {
			return at("", 0, "verify", errors.New("verify is for a domain (\"@firma.example\"): the mail of others is "+
				"always verified"))
		}
		return nil
	case slices.ContainsFunc(m.Addresses, func(a string) bool { return !isDomain(a) }):
		return at("", 0, "addresses",
			errors.New("a domain (\"@firma.example\") and an address: give each a mailbox of its own"))
	case len(m.Also) > 0 || m.RecipientDelimiter != "" || m.Sign != gateway.Unset || m.Encrypt != gateway.Unset:
		return at("", 0, "addresses", errors.New("also, recipient_delimiter, sign and encrypt are not for a domain "+
			"(\"@firma.example\"); name each domain in addresses, and demands in a [[rule]]"))
	case len(m.Keys) == 0 && !m.Verify:
		return at("", 0, "keys", errors.New("the mailbox of a domain (\"@firma.example\") needs keys, or verify = true"))
	}
	return nil
}

func listKey(also bool) string {
	if also {
		return "also"
	}
	return "addresses"
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

func (c *Config) rules() error {
	for i := range c.Rule {
		r := &c.Rule[i]
		var err error
		for _, a := range []*string{&r.Sender, &r.Recipient} {
			if *a != "" && err == nil {
				one := []string{*a}
				err = normalize(one, true)
				*a = one[0]
			}
		}
		if r.Domain != "" {
			err = errors.Join(err, at("", 0, "domain", domain(&r.Domain)))
		}
		if r.Cipher != "" && !slices.Contains(cms.Ciphers(), r.Cipher) {
			err = errors.Join(err, at("", 0, "cipher", fmt.Errorf("cipher %q: there are %s", r.Cipher,
				strings.Join(cms.Ciphers(), ", "))))
		}
		if r.Revocation != "" && r.Recipient+r.Domain == "" {
			err = errors.Join(err, at("", 0, "revocation", errors.New("revocation is for a partner: recipient or "+
				"domain must name it")))
		}
		err = errors.Join(err, r.certificates(), c.signAs(r))
		if err != nil {
			return within("rule", i+1, fmt.Sprintf("rule %d", i+1), err)
		}
		if r.asksForNothing() {
			return at("rule", i+1, "", fmt.Errorf("rule %d asks for nothing: it needs sign, encrypt, revocation or an "+
				"algorithm", i+1))
		}
	}
	return nil
}

// certificates are of who is written to, whoever writes: what a mail to somebody is encrypted for
// can be told before there is one. Who names them wants mail encrypted.
func (r *Rule) certificates() error {
	switch {
	case len(r.Certificate) == 0 && r.CertificateFirst:
		return at("", 0, "certificate_first", errors.New("certificate_first goes with certificate"))
	case len(r.Certificate) == 0:
		return nil
	case r.Recipient+r.Domain == "" || r.Sender+r.SubjectTag != "":
		return at("", 0, "certificate", errors.New("certificate is a domain's: recipient (\"@bank.example\") or domain "+
			"must name it, and the rule has no other condition"))
	case r.Encrypt == gateway.Unset:
		r.Encrypt = gateway.Yes
	}
	return nil
}

// signAs wants a domain that has a mailbox with keys. Who names it wants mail signed.
func (c *Config) signAs(r *Rule) error {
	if r.SignAs == "" {
		return nil
	}
	one := []string{r.SignAs}
	if err := normalize(one, true); err != nil {
		return at("", 0, "sign_as", fmt.Errorf("sign_as: %w", err))
	}
	r.SignAs = one[0]
	if !strings.HasPrefix(r.SignAs, "@") || !slices.ContainsFunc(c.Mailbox, func(m Mailbox) bool {
		return slices.Contains(m.Addresses, r.SignAs) && len(m.Keys) > 0
	}) {
		return at("", 0, "sign_as", fmt.Errorf("sign_as %q: it is a domain (\"@firma.example\") that a [[mailbox]] has in "+
			"addresses, with keys", r.SignAs))
	}
	if r.Sign == gateway.Unset {
		r.Sign = gateway.Yes
	}
	return nil
}

func (r *Rule) asksForNothing() bool {
	words := r.Sign != gateway.Unset || r.Encrypt != gateway.Unset || r.Revocation != "" || r.Cipher != ""
	return !words && !r.OAEP && !r.PSS && !r.Opaque
}

// domain writes a domain, which stands for those below it too, in its normal form:
// what has another matches no address, and its rule would be lost without a word.
func domain(p *string) error {
	given := *p
	for _, front := range []string{"@", "*", "."} {
		*p = strings.TrimPrefix(*p, front)
	}
	one := []string{"@" + *p}
	if err := normalize(one, true); err != nil {
		return fmt.Errorf("domain %q: %w", given, err)
	}
	*p = one[0][1:]
	return nil
}

// said refuses an empty word where there is no other to take its place.
func (c *Config) said() error {
	for _, k := range []struct {
		table, key string
		empty      bool
	}{
		{"trust", "revocation", c.Trust.Revocation == ""},
		{"outbound", "reply_to_encrypted", c.Outbound.ReplyToEncrypted == gateway.Unset},
		{"outbound", "auto_reply_to_encrypted", c.Outbound.AutoReplyToEncrypted == gateway.Unset},
		{"outbound", "forward_of_encrypted", c.Outbound.ForwardOfEncrypted == gateway.Unset},
	} {
		if k.empty {
			return at(k.table, 0, k.key, fmt.Errorf("%s.%s is empty: leave it out for its default", k.table, k.key))
		}
	}
	return nil
}

// numbers checks what must not be too small.
func (c *Config) numbers() error {
	for _, k := range []struct {
		table, key string
		value      int64
	}{
		{"limits", "message_size", int64(c.Limits.MessageSize)},
		{"limits", "expanded", int64(c.Limits.Expanded)},
		{"limits", "message_timeout", int64(c.Limits.MessageTimeout)},
		{"limits", "sessions", int64(c.Limits.Sessions)},
		{"limits", "look_ups", int64(c.Limits.LookUps)},
		{"limits", "remember", int64(c.Limits.Remember)},
		{"spool", "memory", int64(c.Spool.Memory)},
	} {
		if k.value <= 0 {
			return at(k.table, 0, k.key, fmt.Errorf("%s.%s must be more than 0", k.table, k.key))
		}
	}
	if c.Spool.Limit < c.Limits.MessageSize {
		return at("spool", 0, "limit", fmt.Errorf("spool.limit (%d octets) is below limits.message_size (%d): no "+
			"such message could be taken", c.Spool.Limit, c.Limits.MessageSize))
	}
	if most := c.Spool.Limit / spoolShare; c.Limits.Expanded > most {
		return at("limits", 0, "expanded", fmt.Errorf("limits.expanded (%d octets) is above a quarter of spool.limit (%d), "+
			"which is all that one message gets: lower it, or raise spool.limit to %d", c.Limits.Expanded, most,
			spoolShare*c.Limits.Expanded))
	}
	return nil
}

// spoolShare is which part of the spool one message may have (spool.Share).
const spoolShare = 4

// headers checks the prefix of our fields and the names of those left out.
func (c *Config) headers() error {
	for _, name := range c.Headers.Omit {
		if !slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(f, name) }) {
			return at("headers", 0, "omit", fmt.Errorf("headers.omit %q: there are %q", name, fields))
		}
	}
	return at("headers", 0, "prefix", fieldName(c.Headers.Prefix))
}

// bounces brings the address for notices to its normal form.
func (c *Config) bounces() error {
	if c.Inbound.BounceTo == "" {
		return nil
	}
	one := []string{c.Inbound.BounceTo}
	if err := normalize(one, false); err != nil {
		return at("inbound", 0, "bounce_to", fmt.Errorf("inbound.bounce_to: %w", err))
	}
	c.Inbound.BounceTo = one[0]
	return nil
}

// fields are those that can be left out, without their prefix.
var fields = []string{"Status", "Signature", "Encryption", "Signer", "Reason", "Cause", "Reply", "Sender"}

// fieldName refuses what RFC 5322 §3.6.8 does not let a header field begin with, and a
// prefix that fields of others have: all of ours are removed from every mail.
func fieldName(prefix string) error {
	odd := strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' })
	letters := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return r
	}, strings.ToLower(prefix))
	if odd || len(letters) < 3 || !strings.HasSuffix(prefix, "-") {
		return fmt.Errorf("headers.prefix %q cannot begin the name of a header field: it needs three letters or "+
			"more and a dash at its end, as \"X-SMIME-\"", prefix)
	}
	for _, name := range othersFields {
		if strings.HasPrefix(name, letters) {
			return fmt.Errorf("headers.prefix %q is the beginning of fields that are not ours: they would be removed", prefix)
		}
	}
	return nil
}

// othersFields are names of mail without their dashes, of which no prefix of ours may
// be the beginning (RFC 5322 §3.6, RFC 2045 §3, RFC 5321 §4.4, RFC 6376, RFC 8601).
var othersFields = []string{
	"from", "sender", "replyto", "to", "cc", "bcc", "messageid", "inreplyto", "references", "subject",
	"comments", "keywords", "date",
	"resentdate", "resentfrom", "resentsender", "resentto", "resentcc", "resentbcc", "resentmessageid",
	"returnpath", "received", "mimeversion", "contenttype", "contenttransferencoding", "contentdisposition",
	"contentid", "contentdescription",
	"dkimsignature", "arcseal", "arcmessagesignature", "arcauthenticationresults", "authenticationresults",
	"listid", "listunsubscribe", "autosubmitted", "deliveredto", "xoriginalto",
}
