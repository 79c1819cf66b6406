package cms

// This file knows the forms that senders make of the identifier of a key.

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

// meansKey reports whether the identifier names the certificate's key, in any form that senders
// make of it.
func (id signerID) meansKey(c *x509.Certificate) bool {
	return id.means(c) ||
		id.ski != nil && slices.ContainsFunc(keyIDs(c), func(form []byte) bool { return bytes.Equal(form, id.ski) })
}

// keyIDs are the key identifiers that can be computed: RFC 5280 §4.2.1.2 methods 1 and 2,
// RFC 7093 §2 methods 1 to 4, and SHA-1 of the whole SubjectPublicKeyInfo (CryptoAPI,
// Outlook 2010).
func keyIDs(c *x509.Certificate) [][]byte {
	whole := c.RawSubjectPublicKeyInfo
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(whole, &info); err != nil {
		return nil
	}
	const octets = sha1.Size // RFC 7093 §2: the leftmost 160 bits
	key := info.Key.Bytes
	method1 := sha1.Sum(key)
	ofWhole := sha1.Sum(whole)
	method2 := bytes.Clone(method1[octets-8:])
	method2[0] = 0x40 | method2[0]&0x0f
	sha256Key := sha256.Sum256(key)
	sha384Key := sha512.Sum384(key)
	sha512Key := sha512.Sum512(key)
	sha256Whole := sha256.Sum256(whole)
	return [][]byte{
		method1[:],
		ofWhole[:],
		method2,
		sha256Key[:octets],
		sha384Key[:octets],
		sha512Key[:octets],
		sha256Whole[:octets],
		sha256Whole[:],
	}
}
