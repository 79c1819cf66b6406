package main

// This file is check --postfix: sealgate's configuration held against Postfix's.

import (
	"slices"
	"strings"

	"sealgate/config"
	"sealgate/gateway"
	"sealgate/internal/postfixcheck"
)

// checkPostfix adds what postfixcheck finds; a Postfix that cannot be asked is no fault.
func (r *checkReport) checkPostfix(cfg *config.Config, dir string) {
	p, err := postfixcheck.Read(dir)
	if err != nil {
		r.add(isUnknown, aboutPostfix, "%v", err)
		return
	}
	for _, f := range postfixcheck.Check(p, asPostfixSees(cfg)) {
		s := isRight
		switch {
		case f.Bad:
			s = isFault
		case f.Note:
			s = isNote
		}
		r.add(s, aboutPostfix, "%s", f.Text)
	}
}

// bounces are the addresses that bounces of mail that came encrypted go to.
func bounces(cfg *config.Config) (all []string) {
	if cfg.Inbound.BounceTo != "" {
		return []string{cfg.Inbound.BounceTo}
	}
	for _, m := range cfg.Mailbox {
		if to := gateway.Postmaster(m.Addresses[0]); !slices.Contains(all, to) {
			all = append(all, to)
		}
	}
	return all
}

// asPostfixSees is what of the configuration Postfix has to fit.
func asPostfixSees(cfg *config.Config) *postfixcheck.Gateway {
	g := &postfixcheck.Gateway{MessageSize: int64(cfg.Limits.MessageSize), Domains: cfg.Server.Domains}
	for _, l := range cfg.Listener {
		_, hop := nextHop(l)
		g.Listeners = append(g.Listeners, postfixcheck.Listener{
			Protocol:  string(l.Protocol),
			Address:   l.Address,
			Direction: string(l.Direction),
			Beyond:    strings.TrimPrefix(hop, config.LMTP), // whether somebody is there is the same question

			OrdersFrom: l.OrdersFrom,
		})
	}
	for _, m := range cfg.Mailbox {
		g.Mailboxes = append(append(g.Mailboxes, m.Addresses...), m.Also...)
	}
	g.Bounces = bounces(cfg)
	return g
}
