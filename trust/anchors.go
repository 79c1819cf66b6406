package trust

// This file holds the roots: those that are trusted for all addresses, and a partner's own,
// for the partner's own addresses.

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"

	"sealgate/internal/address"
)

// Partner is what holds for the addresses of one domain, with those below it, alone.
type Partner struct {
	Domain    string              // lower case, A-labels
	Roots     []*x509.Certificate // trusted beside those for all addresses
	SHA1Until time.Time           // the last day, UTC, on which SHA-1 is accepted; zero: it is not
	Signers   []*x509.Certificate // their signatures count for all of these addresses
	Above     [][]byte            // certificates of authorities that may complete the signers' chains
}

// covers reports whether an address in normal form is the partner's.
func (p Partner) covers(addr string) bool {
	d := address.Domain(addr)
	return addr != "" && (d == p.Domain || strings.HasSuffix(d, "."+p.Domain))
}

// anchors are the roots that are trusted.
type anchors struct {
	roots    []*x509.Certificate
	pool     *x509.CertPool // of roots
	partners []Partner
}

func newAnchors(roots []*x509.Certificate, partners []Partner) (*anchors, error) {
	if slices.Contains(roots, nil) {
		return nil, errors.New("trust: nil root")
	}
	return &anchors{roots: roots, pool: newPool(roots), partners: partners}, nil
}

// newPool holds authorities for crypto/x509.
func newPool(list []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, ca := range list {
		pool.AddCert(withDirectoryNames(ca))
	}
	return pool
}

// contains reports whether an admin trusts this very certificate: people do sign with
// self-signed ones that say CA:TRUE.
func (a *anchors) contains(cert *x509.Certificate) bool {
	return slices.ContainsFunc(a.roots, cert.Equal)
}

// signs reports whether an admin has said that a certificate signs for an address, among others
// (RFC 3183 §3). It comes with the authorities that he has put beside it.
func (a *anchors) signs(c *x509.Certificate, addr string) (above [][]byte, ok bool) {
	for _, p := range a.partners {
		if p.covers(addr) && slices.ContainsFunc(p.Signers, c.Equal) {
			above = append(above, p.Above...)
			ok = true
		}
	}
	return above, ok
}

// poolFor holds the roots that may vouch for an address.
func (a *anchors) poolFor(addr string) *x509.CertPool {
	pool := a.pool
	for _, p := range a.partners {
		if !p.covers(addr) {
			continue
		}
		if pool == a.pool {
			pool = pool.Clone()
		}
		for _, r := range p.Roots {
			pool.AddCert(withDirectoryNames(r))
		}
	}
	return pool
}

// named are the roots that may vouch for an address and bear the name of an
// issuer in the list.
func (a *anchors) named(addr string, list []*x509.Certificate) (found []*x509.Certificate) {
	issuers := map[string]bool{}
	for _, cert := range list {
		issuers[string(cert.RawIssuer)] = true
	}
	add := func(roots []*x509.Certificate) {
		for _, r := range roots {
			if issuers[string(r.RawSubject)] {
				found = append(found, r)
			}
		}
	}
	add(a.roots)
	for _, p := range a.partners {
		if p.covers(addr) {
			add(p.Roots)
		}
	}
	return found
}
