// Package ownkeys looks at our own keys as a receiver of our mail would: it completes their
// chains, judges them, and says what an admin has to do.
package ownkeys

// This file is what is said of a key.

import (
	"crypto/x509"
	"fmt"
	"slices"

	"sealgate/keyring"
	"sealgate/trust"
)

// Level says how much a finding matters.
type Level string

// The levels.
const (
	Failure Level = "failure" // mail cannot be signed or opened as was ordered, or receivers refuse it
	Warning Level = "warning" // some receivers see it, or all will
	Note    Level = "note"    // is as it should be, and good to know
)

// Rule is which check found something.
type Rule string

// The rules.
const (
	RuleMissing    Rule = "missing"    // the mailbox has no key that could sign or decrypt
	RuleAddress    Rule = "address"    // the certificate is not the mailbox's
	RuleValidity   Rule = "validity"   // expired, or not yet valid
	RuleExpiry     Rule = "expiry"     // will expire soon
	RuleUsage      Rule = "usage"      // not for mail
	RuleKey        Rule = "key"        // weak, or of a kind that is not known
	RuleAlgorithm  Rule = "algorithm"  // signed with a broken hash
	RuleChain      Rule = "chain"      // certificates between it and the root are missing
	RuleTrust      Rule = "trust"      // no path to a root that is trusted here
	RuleRevocation Rule = "revocation" // revoked, or nobody says that it is not
)

// Finding is one thing that is wrong with a key.
type Finding struct {
	Rule   Rule   `json:"rule"`
	Level  Level  `json:"level"`
	Cause  string `json:"cause"`
	Remedy string `json:"remedy,omitempty"` // what an admin can do
	Days   int    `json:"days,omitempty"`   // of RuleExpiry: the threshold that was passed
}

// String is a finding in one line.
func (f Finding) String() string {
	if f.Remedy == "" {
		return fmt.Sprintf("%s: %s", f.Level, f.Cause)
	}
	return fmt.Sprintf("%s: %s; %s", f.Level, f.Cause, f.Remedy)
}

// Key is one of our keys, or what a mailbox has instead of one.
type Key struct {
	Mailbox    *keyring.Mailbox
	Credential *keyring.Credential // nil: the findings are about the mailbox
	Chain      []*x509.Certificate // as far as it is known, leaf and root excluded
	Last       *x509.Certificate   // the end of Chain, when nobody knows who issued it
	Sign       bool                // its certificate lets it sign
	Decrypt    bool                // its certificate lets others encrypt to it
	Findings   []Finding
	serves     []string // the addresses of its mailbox that its certificate names
}

// Failed reports whether a key, or a mailbox, has a failure.
func (k *Key) Failed() bool { return k.Failure() != "" }

// Failure is the first of a key's failures, empty when there is none.
func (k *Key) Failure() string {
	for _, f := range k.Findings {
		if f.Level == Failure {
			return f.Cause + "; " + f.Remedy
		}
	}
	return ""
}

// Keys are the keys of mailboxes as they were read: no chain is completed, nothing judged.
func Keys(boxes []*keyring.Mailbox) (all []*Key) {
	for _, box := range boxes {
		for _, c := range box.Credentials {
			all = append(all, &Key{
				Mailbox: box, Credential: c, Chain: c.Chain, Sign: c.MaySign(), Decrypt: c.MayDecrypt(),
				serves: served(box, c.Certificate),
			})
		}
	}
	return all
}

// served are the addresses of a mailbox that the certificate names. A domain's is for all of it.
func served(box *keyring.Mailbox, c *x509.Certificate) (list []string) {
	if box.IsDomain() {
		return box.Addresses
	}
	names := trust.Addresses(c)
	for _, a := range box.Addresses {
		if slices.Contains(names, a) {
			list = append(list, a)
		}
	}
	return list
}
