package trust

// This file trusts a partner's own authority, for the partner's own addresses.

import (
	"crypto/x509"
	"strings"

	"sealgate/internal/address"
)

// Partner is an authority that is trusted for one domain, with those below it.
type Partner struct {
	Domain string // lower case, A-labels
	Roots  []*x509.Certificate
}

// covers tells whether an address in normal form is the partner's.
func (p Partner) covers(addr string) bool {
	d := address.Domain(addr)
	return addr != "" && (d == p.Domain || strings.HasSuffix(d, "."+p.Domain))
}

// rootsFor are the roots that may vouch for an address.
func (c *Checker) rootsFor(addr string) *x509.CertPool {
	pool := c.roots
	for _, p := range c.o.Partners {
		if !p.covers(addr) {
			continue
		}
		if pool == c.roots {
			pool = pool.Clone()
		}
		for _, r := range p.Roots {
			pool.AddCert(withDirectoryNames(r))
		}
	}
	return pool
}
