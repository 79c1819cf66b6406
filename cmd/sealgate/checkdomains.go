package main

// This file looks for certificates of domains whose authorities nobody knows.

import (
	"bytes"
	"crypto/x509"
	"log/slog"
	"slices"

	"sealgate/config"
	"sealgate/internal/dn"
	"sealgate/internal/spki"
)

// checkDomainFiles notes each certificate of `certificate` and `signers` whose chain ends nowhere:
// whether it was revoked, nobody can be asked then.
func (r *checkReport) checkDomainFiles(cfg *config.Config) error {
	log := slog.New(slog.DiscardHandler) // what cannot be read, the gateway's own log says
	_, roots, err := newChecker(cfg, nil, log)
	if err != nil {
		return err
	}
	var signers []string
	for _, p := range cfg.Trust.Partner {
		own, err := readCertificates(p.Roots, rootLeftOut(log))
		if err != nil {
			return err
		}
		roots = append(roots, own...)
		signers = append(signers, p.Signers...)
	}
	var readers []string
	for _, rule := range cfg.Rule {
		readers = append(readers, rule.Certificate...)
	}
	err = r.checkDomainCertificates(signers, roots, ` and with revocation = "hard" what it signs is unchecked`)
	if err != nil {
		return err
	}
	return r.checkDomainCertificates(readers, roots, "")
}

// checkDomainCertificates notes what follows for the certificates of files whose chain ends nowhere.
func (r *checkReport) checkDomainCertificates(paths []string, roots []*x509.Certificate, follows string) error {
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		d, err := readDomainFiles([]string{path})
		if err != nil {
			return err
		}
		for _, c := range d.certificates {
			switch last := openEnd(c, d.above, roots); {
			case last == nil:
			case bytes.Equal(last.RawIssuer, last.RawSubject):
				r.add(isNote, aboutConfiguration, "%s: %s leads to %s, which is not trusted here, so that a revocation is "+
					"not seen%s; name that root in the roots of the domain's [[trust.partner]]",
					path, dn.String(c.Subject), dn.String(last.Subject), follows)
			default:
				r.add(isNote, aboutConfiguration, "%s: %s is by an authority that is neither a root nor in the file, so that a "+
					"revocation of %s may not be seen%s; append the certificate of %s to the file, or name it in the roots of "+
					"the domain's [[trust.partner]] if it is a root",
					path, dn.String(last.Subject), dn.String(c.Subject), follows, dn.String(last.Issuer))
			}
		}
	}
	return nil
}

// openEnd is where a chain ends that does not end at a root: the last certificate whose issuer is
// nowhere, or an authority that is its own issuer. It is nil for what needs no chain, too: who is
// his own issuer is asked about nowhere.
func openEnd(c *x509.Certificate, above, roots []*x509.Certificate) *x509.Certificate {
	if bytes.Equal(c.RawIssuer, c.RawSubject) {
		return nil
	}
	known := slices.Concat(roots, above)
	for range len(known) + 1 { // those that certify each other end nowhere
		if slices.ContainsFunc(roots, c.Equal) {
			return nil
		}
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			return c
		}
		n := slices.IndexFunc(known, func(ca *x509.Certificate) bool {
			return bytes.Equal(ca.RawSubject, c.RawIssuer) && spki.CheckSignature(ca, spki.ReadSignature(c)) == nil
		})
		if n < 0 {
			return c
		}
		c = known[n]
	}
	return c
}
