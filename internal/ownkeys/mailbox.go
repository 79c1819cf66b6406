package ownkeys

// This file judges the keys of one mailbox together: one replaces another, or is missing.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sealgate/keyring"
)

// keysOf are the keys of one mailbox.
func keysOf(box *keyring.Mailbox, keys []*Key) (list []*Key) {
	for _, k := range keys {
		if k.Mailbox == box {
			list = append(list, k)
		}
	}
	return list
}

// together says what the mailbox lacks, and makes a note of the time of keys that others
// stand in for: during rollover there are two.
func together(box *keyring.Mailbox, keys []*Key) []*Key {
	good := slices.DeleteFunc(slices.Clone(keys), (*Key).Failed)
	for _, k := range keys {
		if replaced(k, good) {
			toNotes(k)
		}
	}
	missing := lacking(box, keys)
	if len(missing) == 0 {
		return nil
	}
	return []*Key{{Mailbox: box, Findings: missing}}
}

// replaced reports whether all that a key is for is done by good ones: then it matters no
// more that it has expired, or is not valid yet.
func replaced(k *Key, good []*Key) bool {
	for _, a := range k.serves {
		if k.Sign && len(able(good, a, signs)) == 0 || k.Decrypt && len(able(good, a, decrypts)) == 0 {
			return false
		}
	}
	return len(good) > 0
}

func toNotes(k *Key) {
	for i, f := range k.Findings {
		if f.Rule != RuleValidity {
			continue
		}
		k.Findings[i].Level = Note
		k.Findings[i].Remedy = "another key of the mailbox is used; this one still opens mail"
	}
}

func signs(k *Key) bool { return k.Sign }

func decrypts(k *Key) bool { return k.Decrypt }

// able are the keys that do something for an address.
func able(keys []*Key, address string, does func(*Key) bool) (list []*Key) {
	for _, k := range keys {
		if does(k) && slices.Contains(k.serves, address) {
			list = append(list, k)
		}
	}
	return list
}

// lacking is what no key of the mailbox is for. What one is for and cannot do now is a
// finding of that key.
func lacking(box *keyring.Mailbox, keys []*Key) (found []Finding) {
	if len(keys) == 0 {
		return []Finding{{
			Rule: RuleMissing, Level: Note, Remedy: "give it a key under keys, if its mail is to be signed or opened",
			Cause: "the mailbox has no key: its mail is only verified, and correspondents' certificates are kept",
		}}
	}
	var unsigned, unread []string
	for _, a := range box.Addresses {
		if len(able(keys, a, signs)) == 0 && !box.IsDomain() {
			unsigned = append(unsigned, a)
		}
		if len(able(keys, a, decrypts)) == 0 {
			unread = append(unread, a)
		}
	}
	const order = "add a key whose certificate names the address to the mailbox's keys, or take the address out"
	if len(unsigned) > 0 {
		found = append(found, Finding{
			Rule: RuleMissing, Level: Failure, Remedy: order,
			Cause: fmt.Sprintf("the mailbox has no key that signs as %s", strings.Join(unsigned, ", ")),
		})
	}
	if len(unread) > 0 {
		found = append(found, Finding{
			Rule: RuleMissing, Level: Warning, Remedy: order,
			Cause: fmt.Sprintf("nobody can encrypt to %s: no certificate for it allows that", strings.Join(unread, ", ")),
		})
	}
	return found
}

// Ending are the keys that have ended at a time and in whose place no key of their mailbox stands that ends
// later.
func Ending(keys []*Key, at time.Time) (list []*Key) {
	for _, k := range keys {
		end := k.Credential.Certificate.NotAfter
		longer := slices.DeleteFunc(keysOf(k.Mailbox, keys), func(other *Key) bool {
			return !other.Credential.Certificate.NotAfter.After(end)
		})
		if !end.After(at) && !replaced(k, longer) {
			list = append(list, k)
		}
	}
	return list
}
