package main

// This file reads the certificates of whole domains.

import (
	"crypto/x509"
	"fmt"

	"sealgate/config"
	"sealgate/gateway"
	"sealgate/smime/cms"
)

// domainCertificates are those of a rule.
func domainCertificates(r *config.Rule) (d gateway.DomainCertificates, err error) {
	files, err := readDomainFiles(r.Certificate, cms.CanEncryptTo)
	if err != nil {
		return d, err
	}
	return gateway.DomainCertificates{
		Certificates: files.certificates, Above: files.rawAbove(), Before: r.CertificateFirst,
	}, nil
}

// domainFiles are the certificates in the files of one domain, and the authorities beside them.
type domainFiles struct {
	certificates []*x509.Certificate
	above        []*x509.Certificate
}

// readDomainFiles reads each file by itself: it may bring the authorities of its certificates along.
// A certificate that one of the checks refuses is an error.
func readDomainFiles(paths []string, checks ...func(*x509.Certificate) error) (d domainFiles, err error) {
	for _, path := range paths {
		all, err := readCertificates([]string{path}, nil)
		if err != nil {
			return d, err
		}
		leaves, authorities := partAuthorities(all)
		for _, c := range leaves {
			for _, check := range checks {
				if err := check(c); err != nil {
					return d, fmt.Errorf("%s: %w", path, err)
				}
			}
		}
		d.certificates = append(d.certificates, leaves...)
		d.above = append(d.above, authorities...)
	}
	return d, nil
}

// rawAbove are the authorities in DER.
func (d domainFiles) rawAbove() (list [][]byte) {
	for _, c := range d.above {
		list = append(list, c.Raw)
	}
	return list
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
