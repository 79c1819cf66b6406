package directory

// This file makes records of what is published, the best first.

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"sealgate/certstore"
	"sealgate/internal/x509cert"
	"sealgate/trust"
)

// Certificate is one that is published.
type Certificate struct {
	*x509.Certificate
	// Vouched: the place itself says that it is the address's own, and may say so (RFC 8162
	// with certificate usage 3); it is used as one that an admin has pinned.
	Vouched bool
}

// records are the certificates that name the address, each with the authorities' certificates
// beside it. One that names somebody else is none, whoever vouches for it.
func records(addr string, found []Certificate, source certstore.Source, now time.Time) []*certstore.Record {
	var authorities []*x509.Certificate
	var list []*certstore.Record
	for _, c := range found {
		switch names := trust.Addresses(c.Certificate); {
		case c.IsCA:
			authorities = append(authorities, c.Certificate)
		case slices.Contains(names, addr):
			list = append(list, record(c, names, source, now))
		}
	}
	slices.SortStableFunc(list, func(a, b *certstore.Record) int {
		return cmp.Or(b.NotBefore.Compare(a.NotBefore), bytes.Compare(a.Fingerprint[:], b.Fingerprint[:]))
	})
	list = list[:min(len(list), certstore.MaxCandidates)]
	for _, r := range list {
		r.Intermediates = chain(r.DER, authorities)
	}
	return list
}

// maxChain bounds the authorities that go with one certificate.
const maxChain = 8

// chain are the authorities above a certificate, by name: whether they have signed it is
// trust's to find out.
func chain(der []byte, authorities []*x509.Certificate) (above [][]byte) {
	c, err := x509cert.Parse(der)
	if err != nil {
		return nil
	}
	issuer := c.RawIssuer
	for len(above) < maxChain {
		i := slices.IndexFunc(authorities, func(a *x509.Certificate) bool { return bytes.Equal(a.RawSubject, issuer) })
		if i < 0 || bytes.Equal(authorities[i].RawIssuer, issuer) {
			return above
		}
		above = append(above, authorities[i].Raw)
		issuer = authorities[i].RawIssuer
	}
	return above
}

func record(c Certificate, names []string, source certstore.Source, now time.Time) *certstore.Record {
	r := &certstore.Record{
		DER:         c.Raw,
		Identity:    certstore.Identity(c.Certificate),
		Fingerprint: sha256.Sum256(c.Raw),
		Addresses:   names,
		KeyUsage:    c.KeyUsage,
		NotBefore:   c.NotBefore,
		NotAfter:    c.NotAfter,
		FirstSeen:   now,
		LastSeen:    now,
		Source:      source,
		State:       certstore.Active,
	}
	if c.Vouched {
		r.State = certstore.Pinned
	}
	return r
}
