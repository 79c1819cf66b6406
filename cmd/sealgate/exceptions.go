package main

// This file tells of the exceptions by which something weak is accepted for a partner.

import (
	"log/slog"
	"time"

	"sealgate/config"
	"sealgate/trust"
)

// exception is a partner for whom SHA-1 is accepted, or was.
type exception struct {
	domain string
	until  string // the last day
	words  string
}

// exceptions are those that the configuration has.
func exceptions(cfg *config.Config, now time.Time) (list []exception) {
	for _, p := range cfg.Trust.Partner {
		if p.SHA1Until.IsZero() {
			continue
		}
		until := time.Time(p.SHA1Until)
		e := exception{p.Domain, until.Format(time.DateOnly), "SHA-1 is accepted for a partner"}
		if !(trust.Partner{SHA1Until: until}).AcceptsSHA1(now) {
			e.words = "SHA-1 is not accepted any more for a partner: its sha1_until can go"
		}
		list = append(list, e)
	}
	return list
}

// logExceptions is for start and reload.
func logExceptions(log *slog.Logger, cfg *config.Config) {
	for _, e := range exceptions(cfg, time.Now()) {
		log.Warn(e.words, "domain", e.domain, "until", e.until)
	}
}
