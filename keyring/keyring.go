// Package keyring holds our own mailboxes and their keys.
package keyring

import (
	"crypto"
	"crypto/x509"
	"slices"
	"strings"

	"sealgate/internal/address"
)

// PrivateKey is a private key as the files have it: RSA, which is a crypto.Decrypter too,
// *ecdsa.PrivateKey, *brainpool.PrivateKey, ed25519.PrivateKey, or *ecdh.PrivateKey on
// X25519. All but the last are a crypto.Signer.
type PrivateKey interface{ Public() crypto.PublicKey }

// Credential is one key with its certificate.
type Credential struct {
	Certificate *x509.Certificate
	Chain       []*x509.Certificate // what is sent along with it, leaf and root excluded
	Root        *x509.Certificate   // given along with it and not sent; nil: none
	Key         PrivateKey
	Path        string // of the file that it was loaded from, "" for none
}

// Mailbox is one of our own addresses, or several that share keys.
type Mailbox struct {
	Addresses          []string // in normal form: what stands in From and in the certificate; of a domain "@domain"
	Also               []string // in normal form, envelope only; "@domain" is every address of it
	Users              []string // authenticated users that may sign as it; nil: all that may order
	RecipientDelimiter string   // "+": support+x@… is support@…
	Verify             bool     // of a domain: mail that is not encrypted to it is looked at, too
	Credentials        []*Credential
}

// IsDomain reports whether the mailbox is everybody's at its domains.
func (m *Mailbox) IsDomain() bool {
	return len(m.Addresses) > 0 && strings.HasPrefix(m.Addresses[0], "@")
}

// Ring finds mailboxes by address. It is not changed after NewRing.
type Ring struct {
	byFrom    map[string]*Mailbox
	byEnd     map[string]*Mailbox // envelope addresses and "@domain"
	byDomain  map[string]*Mailbox // "@domain", of the mailboxes of domains
	delimited []*Mailbox
}

// NewRing indexes mailboxes; an address that two of them claim is the first's.
func NewRing(boxes []*Mailbox) *Ring {
	r := &Ring{byFrom: map[string]*Mailbox{}, byEnd: map[string]*Mailbox{}, byDomain: map[string]*Mailbox{}}
	claim := func(m map[string]*Mailbox, a string, b *Mailbox) {
		if _, taken := m[a]; !taken {
			m[a] = b
		}
	}
	for _, b := range boxes {
		for _, a := range b.Addresses {
			if b.IsDomain() {
				claim(r.byDomain, a, b)
			} else {
				claim(r.byFrom, a, b)
			}
			if !b.IsDomain() || b.Verify {
				claim(r.byEnd, a, b)
			}
		}
		for _, a := range b.Also {
			claim(r.byEnd, a, b)
		}
		if b.RecipientDelimiter != "" {
			r.delimited = append(r.delimited, b)
		}
	}
	return r
}

// ByFrom is the mailbox that an address in From is, nil when it is not ours.
func (r *Ring) ByFrom(normal string) *Mailbox { return r.find(r.byFrom, normal) }

// ByRecipient is the mailbox that an envelope recipient is, nil for everybody
// else's.
func (r *Ring) ByRecipient(normal string) *Mailbox {
	if b := r.find(r.byEnd, normal); b != nil {
		return b
	}
	return r.byEnd["@"+address.Domain(normal)]
}

// ByDomain is the mailbox of an address's domain, whosever the address is; nil without one.
func (r *Ring) ByDomain(normal string) *Mailbox { return r.byDomain["@"+address.Domain(normal)] }

// find looks an address up as it stands, then without the extension that its mailbox
// knows.
func (r *Ring) find(in map[string]*Mailbox, normal string) *Mailbox {
	if b := in[normal]; b != nil {
		return b
	}
	for _, b := range r.delimited {
		if in[undelimited(normal, b.RecipientDelimiter)] == b {
			return b
		}
	}
	return nil
}

// undelimited cuts the extension off a local part, as Postfix does.
func undelimited(normal, delimiters string) string {
	at := strings.LastIndexByte(normal, '@')
	if i := strings.IndexAny(normal[:at], delimiters); i > 0 {
		return normal[:i] + normal[at:]
	}
	return normal
}

// Mailboxes are all mailboxes, each once, in no order.
func (r *Ring) Mailboxes() (all []*Mailbox) {
	for _, index := range []map[string]*Mailbox{r.byEnd, r.byDomain} {
		for _, b := range index {
			if !slices.Contains(all, b) {
				all = append(all, b)
			}
		}
	}
	return all
}
