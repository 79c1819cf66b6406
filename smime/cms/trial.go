package cms

// This file finds RecipientInfos that name one of our keys in another way than its certificate does.

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
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

// attempt is a RecipientInfo and the key, by its index, that may be for it.
type attempt struct {
	recipient *RecipientInfo
	key       int
}

// attempts are those that a message which names none of our keys is worth: a certificate
// may have been renewed with the same key, and the sender has the old one. First those of
// an authority that has issued one of ours, then the others; each key once, and maxTrials
// at most. RFC 5652 §6.2 lets a recipient find its RecipientInfo as it can.
func (e *EnvelopedData) attempts(keys []DecryptionKey) []attempt {
	var known, others []attempt
	for i, k := range keys {
		if k.Certificate == nil || repeated(keys[:i], k) {
			continue
		}
		for j := range e.Recipients {
			r := &e.Recipients[j]
			switch {
			case !r.fits(k):
			case r.id.issuer != nil && sameName(r.id.issuer, k.Certificate.RawIssuer):
				known = append(known, attempt{r, i})
			default:
				others = append(others, attempt{r, i})
			}
		}
	}
	all := append(known, others...)
	return all[:min(len(all), maxTrials)]
}

// repeated reports whether one of the keys is k, with another certificate.
func repeated(keys []DecryptionKey, k DecryptionKey) bool {
	public, err := spki.PublicKey(k.Certificate)
	key, ok := public.(interface{ Equal(crypto.PublicKey) bool })
	if err != nil || !ok {
		return false
	}
	return slices.ContainsFunc(keys, func(earlier DecryptionKey) bool {
		if earlier.Certificate == nil {
			return false
		}
		other, err := spki.PublicKey(earlier.Certificate)
		return err == nil && key.Equal(other)
	})
}

// fits tells, of what everybody can see, if the RecipientInfo can be for the key.
func (r *RecipientInfo) fits(k DecryptionKey) bool {
	if !r.known() || !r.id.named() {
		return false
	}
	public, err := spki.PublicKey(k.Certificate)
	if err != nil {
		return false
	}
	switch public := public.(type) {
	case *rsa.PublicKey:
		return r.agreement == nil && len(r.encryptedKey) == public.Size()
	case *ecdsa.PublicKey:
		return r.agreement != nil && !agreementFor(r.management.id).key.Equal(oid.X25519)
	case *ecdh.PublicKey: // with HKDF or X9.63 (RFC 8418 §2)
		return r.agreement != nil && len(r.agreement.point) == len(public.Bytes())
	}
	return false
}
