package main

// This file builds what judges certificates from the configuration.

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"sealgate/config"
	"sealgate/trust"
)

// newChecker collects the roots, and returns them too. With sources nil nobody is asked of
// revocation.
func newChecker(
	cfg *config.Config, sources trust.Sources, log *slog.Logger,
) (*trust.Checker, []*x509.Certificate, error) {
	roots, err := readCertificates(cfg.Trust.Roots, rootLeftOut(log))
	if err != nil {
		return nil, nil, fmt.Errorf("trust.roots: %w", err)
	}
	if cfg.Trust.SystemRoots {
		system, err := trust.SystemRoots()
		if err != nil {
			return nil, nil, err
		}
		roots = append(roots, system.Certificates...)
		for _, err := range system.Unread {
			log.Warn("a root of the system cannot be read and is not trusted", "error", err)
		}
	}
	partners, err := partners(cfg, log)
	if err != nil {
		return nil, nil, err
	}
	hasRoots := func(p trust.Partner) bool { return len(p.Roots) > 0 }
	if len(roots) == 0 && !slices.ContainsFunc(partners, hasRoots) {
		return nil, nil, errors.New(
			"trust: no roots at all; set trust.system_roots, trust.roots or roots of a [[trust.partner]]")
	}
	check, err := trust.New(
		trust.Options{
			Roots:      roots,
			Partners:   partners,
			AcceptAny:  cfg.Trust.AcceptNoEKU,
			Revocation: cfg.Trust.Revocation,
			Sources:    sources,
		},
	)
	return check, roots, err
}

// rootLeftOut tells of an authority that nobody can read: the others are trusted.
func rootLeftOut(log *slog.Logger) func(path, what string) {
	return func(path, what string) {
		log.Warn("a root cannot be read and is not trusted", "file", path, "what", what)
	}
}

// partners reads what holds for one domain.
func partners(cfg *config.Config, log *slog.Logger) (out []trust.Partner, err error) {
	for _, p := range cfg.Trust.Partner {
		roots, err := readCertificates(p.Roots, rootLeftOut(log))
		if err != nil {
			return nil, fmt.Errorf("trust.partner %s: %w", p.Domain, err)
		}
		signers, err := readDomainFiles(p.Signers)
		if err != nil {
			return nil, fmt.Errorf("trust.partner %s: signers: %w", p.Domain, err)
		}
		out = append(out, trust.Partner{
			Domain:    p.Domain,
			Roots:     roots,
			SHA1Until: time.Time(p.SHA1Until),
			Signers:   signers.certificates,
			Above:     signers.rawAbove(),
		})
	}
	return out, nil
}
