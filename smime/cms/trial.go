package cms

// This file finds the RecipientInfos that may be for a key of ours, where none names one.

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"slices"

	"sealgate/internal/spki"
	"sealgate/smime/cms/internal/oid"
)

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
