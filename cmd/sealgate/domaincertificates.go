package main

// This file reads the certificates of whole domains.

import (
	"crypto/x509"
	"fmt"

	"sealgate/config"
	"sealgate/gateway"
	"sealgate/smime/cms"
)

// domainCertificates are those of a rule. A file may bring the authorities along.
func domainCertificates(r *config.Rule) (d gateway.DomainCertificates, err error) {
	d.Before = r.CertificateFirst
	for _, path := range r.Certificate {
		all, err := readCertificates([]string{path}, nil)
		if err != nil {
			return d, err
		}
		leaves, authorities := partAuthorities(all)
		for _, c := range leaves {
			if err := cms.CanEncryptTo(c); err != nil {
				return d, fmt.Errorf("%s: %w", path, err)
			}
		}
		d.Certificates = append(d.Certificates, leaves...)
		for _, c := range authorities {
			d.Above = append(d.Above, c.Raw)
		}
	}
	return d, nil
}

// partAuthorities takes the authorities out of a list. In one of authorities alone all are what
// was meant: certificates that people made themselves often say CA.
func partAuthorities(all []*x509.Certificate) (leaves, authorities []*x509.Certificate) {
	for _, c := range all {
		if c.IsCA {
			authorities = append(authorities, c)
		} else {
			leaves = append(leaves, c)
		}
	}
	if len(leaves) == 0 {
		return authorities, nil
	}
	return leaves, authorities
}
