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
	var paths []string
	for _, p := range cfg.Trust.Partner {
		own, err := readCertificates(p.Roots, rootLeftOut(log))
		if err != nil {
			return err
		}
		roots = append(roots, own...)
		paths = append(paths, p.Signers...)
	}
	for _, rule := range cfg.Rule {
		paths = append(paths, rule.Certificate...)
	}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		if err := r.checkDomainFile(path, roots); err != nil {
			return err
		}
	}
	return nil
}

func (r *checkReport) checkDomainFile(path string, roots []*x509.Certificate) error {
	d, err := readDomainFiles([]string{path})
	if err != nil {
		return err
	}
	for _, c := range d.certificates {
		switch last := openEnd(c, d.above, roots); {
		case last == nil:
		case bytes.Equal(last.RawIssuer, last.RawSubject):
			r.add(isNote, aboutConfiguration, "%s: %s leads to %s, which is not trusted here, so that a revocation is not asked for "+
				"(with revocation = \"hard\" what it signs is unchecked); name that root in the roots of this [[trust.partner]]",
				path, dn.String(c.Subject), dn.String(last.Subject))
		default:
			r.add(isNote, aboutConfiguration, "%s: %s is by an authority that is neither a root nor in the file, so that a "+
				"revocation of %s may not be seen (with revocation = \"hard\" what it signs is unchecked); append the "+
				"certificate of %s to the file, or to the roots of this [[trust.partner]] if it is a root",
				path, dn.String(last.Subject), dn.String(c.Subject), dn.String(last.Issuer))
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
