package trust

// This file says for which addresses a certificate speaks (RFC 8550 §3).

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"strings"

	"sealgate/internal/address"
	"sealgate/trust/authority"
)

// maxListed bounds the addresses that a reason lists. All are compared: what bounds
// them is the size of the certificate.
const maxListed = 5

var (
	oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidSAN          = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSmtpUTF8     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}
)

// Addresses are the addresses in normal form that c speaks for: rfc822Name and
// SmtpUTF8Mailbox in the SAN; emailAddress in the subject only when the SAN has
// none of either, be they readable or not. What is not exactly one address (NUL,
// line ends, lists) counts for nothing. A certificate of more than authority.MaxCertificate
// octets speaks for nobody.
func Addresses(c *x509.Certificate) []string {
	if len(c.Raw) > authority.MaxCertificate {
		return nil
	}
	international, found := utf8Mailboxes(c)
	if len(c.EmailAddresses) == 0 && !found {
		return normal(subjectAddresses(c))
	}
	return normal(append(slices.Clone(c.EmailAddresses), international...))
}

// NormalAddress returns an address, without angle brackets, in the one form that
// Addresses and Request.Address have: two that mean one mailbox compare equal.
func NormalAddress(s string) (string, error) { return address.Normalize(s) }

func normal(names []string) (out []string) {
	known := map[string]bool{}
	for _, n := range names {
		a, err := address.Normalize(n)
		if err != nil || known[a] {
			continue
		}
		known[a] = true
		out = append(out, a)
	}
	return out
}

// Listed are the first few addresses, for people, with a sign that there are more.
func Listed(addresses []string) string {
	if len(addresses) > maxListed {
		addresses = append(slices.Clone(addresses[:maxListed]), "...")
	}
	return strings.Join(addresses, " ")
}

func subjectAddresses(c *x509.Certificate) (out []string) {
	for _, n := range c.Subject.Names {
		if s, ok := n.Value.(string); ok && n.Type.Equal(oidEmailAddress) {
			out = append(out, s)
		}
	}
	return out
}

// withMailboxes is c without the mark of crypto/x509 that it does not understand the
// SAN, when that is of mailboxes which are understood here: one that stands beside an
// empty subject must be critical (RFC 5280 §4.2.1.6).
func withMailboxes(c *x509.Certificate) *x509.Certificate {
	understood, found := utf8Mailboxes(c)
	if !found || len(understood) != len(alternativeNames(c)) {
		return c
	}
	return handled(c, oidSAN)
}

// handled is c with an extension that crypto/x509 does not know marked as handled.
func handled(c *x509.Certificate, id asn1.ObjectIdentifier) *x509.Certificate {
	if !slices.ContainsFunc(c.UnhandledCriticalExtensions, id.Equal) {
		return c
	}
	out := *c
	out.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(c.UnhandledCriticalExtensions), id.Equal)
	return &out
}

// utf8Mailboxes reads otherName entries of type id-on-SmtpUTF8Mailbox
// (RFC 9598 §3): [0] { OID, [0] EXPLICIT UTF8String }. found says that there is one,
// also when it cannot be read.
func utf8Mailboxes(c *x509.Certificate) (out []string, found bool) {
	for _, n := range alternativeNames(c) {
		s, is, err := utf8Mailbox(n)
		if !is {
			continue
		}
		found = true
		if err == nil {
			out = append(out, s)
		}
	}
	return out, found
}

// alternativeNames are the GeneralNames of the SAN; nil when it cannot be read.
func alternativeNames(c *x509.Certificate) (names []asn1.RawValue) {
	for _, e := range c.Extensions {
		if !e.Id.Equal(oidSAN) {
			continue
		}
		if rest, err := asn1.Unmarshal(e.Value, &names); err != nil || len(rest) > 0 {
			return nil
		}
	}
	return names
}

var errMailbox = errors.New("trust: a SmtpUTF8Mailbox that cannot be read")

// utf8Mailbox reads a GeneralName; is says that it is a SmtpUTF8Mailbox.
func utf8Mailbox(n asn1.RawValue) (s string, is bool, err error) {
	var id asn1.ObjectIdentifier
	if n.Class != asn1.ClassContextSpecific || n.Tag != 0 || !n.IsCompound {
		return "", false, nil
	}
	rest, err := asn1.Unmarshal(n.Bytes, &id)
	if err != nil || !id.Equal(oidSmtpUTF8) {
		return "", false, err
	}
	var explicit, text asn1.RawValue
	if _, err := asn1.Unmarshal(rest, &explicit); err != nil || explicit.Class != asn1.ClassContextSpecific ||
		explicit.Tag != 0 {
		return "", true, errMailbox
	}
	if _, err := asn1.Unmarshal(explicit.Bytes, &text); err != nil || text.Tag != asn1.TagUTF8String {
		return "", true, errMailbox
	}
	return string(text.Bytes), true, nil
}
