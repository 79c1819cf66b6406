package gateway

// This file holds the rules and combines all that asks for an operation.

import (
	"crypto/x509"
	"slices"
	"strings"

	"sealgate/internal/address"
	"sealgate/trust"
)

// ruleAddress is a recipient as rules compare it. What has no normal form is
// delivered by Postfix all the same ("a..b@bank.example"), so that its domain's
// rules must hold: its domain is brought to normal form alone.
func ruleAddress(to string) string {
	if a, err := address.Normalize(to); err == nil {
		return a
	}
	low := strings.ToLower(to)
	at := strings.LastIndexByte(low, '@')
	if at < 0 {
		return low + "@"
	}
	if a, err := address.Normalize("x" + low[at:]); err == nil {
		return low[:at+1] + address.Domain(a)
	}
	return low
}

// Rule is one [[rule]]: a demand and the algorithms for the mail that it
// matches. Every condition that is given must hold; one without conditions
// matches all mail.
type Rule struct {
	Sender     string // an address, or "@domain"
	Recipient  string // an address, or "@domain"
	Domain     string // the recipient's domain or one below it
	SubjectTag string // stands anywhere in the Subject, in any case
	RemoveTag  bool   // SubjectTag is taken out of the Subject that leaves
	Demand
	Algorithms
	Revocation trust.Policy // for the partner that Recipient and Domain name; "": no word
	DomainCertificates
	SignAs string // "@domain": what has no key of its own is signed with its domain's
}

// DomainCertificates are what mail to all addresses that a rule names can be encrypted for.
type DomainCertificates struct {
	Certificates []*x509.Certificate // several during rollover: the newest that is valid counts
	Above        [][]byte            // certificates of authorities that may complete their chains
	Before       bool                // they come before a person's own certificate
}

// Algorithms is what a partner needs; a zero field leaves the choice to the
// recipients' capabilities.
type Algorithms struct {
	Cipher string // as cms names it, "aes-256-gcm"
	OAEP   bool
	PSS    bool
	Opaque bool
}

// merge takes what b sets; the first rule that speaks wins.
func (a Algorithms) merge(b Algorithms) Algorithms {
	if a.Cipher == "" {
		a.Cipher = b.Cipher
	}
	a.OAEP = a.OAEP || b.OAEP
	a.PSS = a.PSS || b.PSS
	a.Opaque = a.Opaque || b.Opaque
	return a
}

// matches reports whether the rule speaks for mail from sender to recipient, both
// in normal form.
func (r *Rule) matches(sender, recipient, subject string) bool {
	return matchAddress(r.Sender, sender) && matchAddress(r.Recipient, recipient) &&
		matchDomain(r.Domain, recipient) &&
		(r.SubjectTag == "" || strings.Contains(strings.ToLower(subject), strings.ToLower(r.SubjectTag)))
}

func matchAddress(pattern, addr string) bool {
	if pattern == "" {
		return true
	}
	if strings.HasPrefix(pattern, "@") {
		return pattern[1:] == address.Domain(addr)
	}
	return pattern == addr
}

func matchDomain(pattern, addr string) bool {
	d := address.Domain(addr)
	return pattern == "" || d == pattern || strings.HasSuffix(d, "."+pattern)
}

// signAs is the domain of the first rule that names one.
func signAs(rules []Rule, senders, recipients []string, subject string) string {
	for i := range rules {
		if r := &rules[i]; r.SignAs != "" && r.matchesAny(senders, recipients, subject) {
			return r.SignAs
		}
	}
	return ""
}

// tagsToRemove are the tags of all rules that match and want them removed.
func tagsToRemove(rules []Rule, senders, recipients []string, subject string) (tags []string) {
	for i := range rules {
		r := &rules[i]
		if r.RemoveTag && r.SubjectTag != "" && r.matchesAny(senders, recipients, subject) {
			tags = append(tags, r.SubjectTag)
		}
	}
	return tags
}

// matchesAny reports whether the rule speaks for mail from any sender to any recipient.
func (r *Rule) matchesAny(senders, recipients []string, subject string) bool {
	return slices.ContainsFunc(senders, func(from string) bool {
		return slices.ContainsFunc(recipients, func(to string) bool { return r.matches(from, to, subject) })
	})
}

// rulesFor combines every rule that matches any sender and any recipient: what
// one recipient's rule demands holds for every copy. It says which these are, the first is 1.
func rulesFor(rules []Rule, senders, recipients []string, subject string) (Demand, Algorithms, []int) {
	var d Demand
	var a Algorithms
	var which []int
	for i := range rules {
		r := &rules[i]
		if r.matchesAny(senders, recipients, subject) {
			d = d.strongest(r.Demand)
			a = a.merge(r.Algorithms)
			which = append(which, i+1)
		}
	}
	return d, a, which
}

// combine puts the sources together. A header's "no"
// beats a mere default, and nothing else.
func combine(rules, fallback, header Demand) Demand {
	if header.Sign == No {
		fallback.Sign = Unset
	}
	if header.Encrypt == No {
		fallback.Encrypt = Unset
	}
	return rules.strongest(fallback).strongest(header)
}
