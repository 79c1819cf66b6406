package trust

// This file says for which addresses a certificate speaks (RFC 8550 §3).

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"sealgate/internal/address"
)

// maxAddresses bounds the names of one certificate.
const maxAddresses = 100

var (
	oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidSAN          = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSmtpUTF8     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}
)

// Addresses are the addresses in normal form that c speaks for: rfc822Name and
// SmtpUTF8Mailbox in the SAN; emailAddress in the subject only when the SAN has
// none. What is not exactly one address (NUL, line ends, lists) counts for
// nothing.
func Addresses(c *x509.Certificate) []string {
	out := normal(append(slices.Clone(c.EmailAddresses), utf8Mailboxes(c)...))
	if len(c.EmailAddresses) == 0 && len(out) == 0 {
		out = normal(subjectAddresses(c))
	}
	return out
}

func normal(names []string) (out []string) {
	for _, n := range names[:min(len(names), maxAddresses)] {
		if a, err := address.Normalize(n); err == nil && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func subjectAddresses(c *x509.Certificate) (out []string) {
	for _, n := range c.Subject.Names {
		if s, ok := n.Value.(string); ok && n.Type.Equal(oidEmailAddress) {
			out = append(out, s)
		}
	}
	return out
}

// utf8Mailboxes reads otherName entries of type id-on-SmtpUTF8Mailbox
// (RFC 9598 §3): [0] { OID, [0] EXPLICIT UTF8String }.
func utf8Mailboxes(c *x509.Certificate) (out []string) {
	names := alternativeNames(c)
	for _, n := range names[:min(len(names), maxAddresses)] {
		if s, ok := utf8Mailbox(n); ok {
			out = append(out, s)
		}
	}
	return out
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

func utf8Mailbox(n asn1.RawValue) (string, bool) {
	if n.Class != asn1.ClassContextSpecific || n.Tag != 0 || !n.IsCompound {
		return "", false
	}
	var id asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(n.Bytes, &id)
	if err != nil || !id.Equal(oidSmtpUTF8) {
		return "", false
	}
	var explicit, text asn1.RawValue
	if _, err := asn1.Unmarshal(rest, &explicit); err != nil || explicit.Class != asn1.ClassContextSpecific || explicit.Tag != 0 {
		return "", false
	}
	if _, err := asn1.Unmarshal(explicit.Bytes, &text); err != nil || text.Tag != asn1.TagUTF8String {
		return "", false
	}
	return string(text.Bytes), true
}
