package directory

// This file makes records of what is published, the best first.

import (
	"bytes"
	"cmp"
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
		names := trust.Addresses(c.Certificate)
		switch isTheirs := slices.Contains(names, addr); {
		case c.IsCA && !(isTheirs && c.Vouched): // a certificate that people made themselves often says CA
			authorities = append(authorities, c.Certificate)
		case isTheirs:
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

// chain are the authorities above a certificate, by name, all of one name: whether they have
// signed it is trust's to find out.
func chain(der []byte, authorities []*x509.Certificate) (above [][]byte) {
	c, err := x509cert.Parse(der)
	if err != nil {
		return nil
	}
	issuers := [][]byte{c.RawIssuer}
	for len(issuers) > 0 {
		issuer := issuers[0]
		issuers = issuers[1:]
		for _, a := range authorities {
			isNew := !slices.ContainsFunc(above, func(der []byte) bool { return bytes.Equal(der, a.Raw) })
			if !bytes.Equal(a.RawSubject, issuer) || !isNew {
				continue
			}
			if len(above) == maxChain {
				return above
			}
			above = append(above, a.Raw)
			issuers = append(issuers, a.RawIssuer)
		}
	}
	return above
}

func record(c Certificate, names []string, source certstore.Source, now time.Time) *certstore.Record {
	state := certstore.Active
	if c.Vouched {
		state = certstore.Pinned
	}
	return certstore.NewRecord(c.Certificate, names, source, state, now)
}
