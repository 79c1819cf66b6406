// Package authority reads the certificates of a hostile bag and says which of them may
// stand in a path, before anything is done with their names or keys.
package authority

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"

	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
)

// Bounds of what is looked at.
const (
	MaxBag         = 64      // certificates of one bag
	MaxCertificate = 1 << 16 // octets of one certificate
	MaxName        = 1 << 12 // octets of a name: to write one out costs the square of it
)

// Bounds of an authority's RSA key. Whoever sends a mail makes the keys of its bag,
// and a path search checks up to 100 signatures for each of 16 signers, twice: with
// keys of 400,000 bits 20 seconds each, of 8192 bits 11 seconds in all, of 4096 bits
// 2 seconds (measured). No public authority below a root has more; one that has
// can be put under trust.roots, which this does not bind.
const (
	MaxRSA      = 4096
	MaxExponent = 1 << 17
)

// ReadBag reads the certificates of a bag that may stand in a path, one by one: a bad
// one does not matter.
func ReadBag(raw [][]byte) (list []*x509.Certificate) {
	for _, der := range raw[:min(len(raw), MaxBag)] {
		if len(der) > MaxCertificate {
			continue
		}
		c, err := x509cert.Parse(der)
		if err == nil && Acceptable(c) {
			list = append(list, c)
		}
	}
	return list
}

// Acceptable reports whether c may stand in a path at all.
func Acceptable(c *x509.Certificate) bool {
	return c.IsCA && len(c.Raw) <= MaxCertificate && len(c.RawSubject) <= MaxName && len(c.RawIssuer) <= MaxName &&
		Affordable(c)
}

// Affordable reports whether a signature by c can be checked in little time.
func Affordable(c *x509.Certificate) bool {
	k, ok := key(c).(*rsa.PublicKey)
	return !ok || k.N.BitLen() <= MaxRSA && k.E <= MaxExponent
}

// Cost is what checking one signature by c costs.
func Cost(c *x509.Certificate) time.Duration { return effort.Verification(key(c)) }

// key is nil when it is of no kind that is known: then nothing is done with it.
func key(c *x509.Certificate) crypto.PublicKey {
	k, err := spki.PublicKey(c)
	if err != nil {
		return nil
	}
	return k
}

// Contains reports whether c is in a list. It compares what an authority has signed:
// anybody can write another signature around it that holds as well (see
// certstore.Identity).
func Contains(list []*x509.Certificate, c *x509.Certificate) bool {
	return slices.ContainsFunc(list, func(have *x509.Certificate) bool {
		return bytes.Equal(have.RawTBSCertificate, c.RawTBSCertificate)
	})
}

// ValidAt reports whether a time lies within the validity of c.
func ValidAt(c *x509.Certificate, at time.Time) bool {
	return !at.Before(c.NotBefore) && !at.After(c.NotAfter)
}
