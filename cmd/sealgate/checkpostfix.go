package main

// This file is check --postfix: sealgate's configuration held against Postfix's.

import (
	"errors"
	"fmt"
	"slices"

	"sealgate/config"
	"sealgate/gateway"
	"sealgate/internal/postfixcheck"
)

func checkPostfix(cfg *config.Config, dir string) error {
	p, err := postfixcheck.Read(dir)
	if err != nil {
		return unreadable(err)
	}
	g := &postfixcheck.Gateway{MessageSize: int64(cfg.Limits.MessageSize), Domains: cfg.Server.Domains}
	for _, l := range cfg.Listener {
		g.Listeners = append(g.Listeners, postfixcheck.Listener{
			Protocol:  string(l.Protocol),
			Address:   l.Address,
			Direction: string(l.Direction),
			Beyond:    l.NextHop + l.Reinject,

			OrdersFrom: l.OrdersFrom,
		})
	}
	for _, m := range cfg.Mailbox {
		g.Mailboxes = append(append(g.Mailboxes, m.Addresses...), m.Also...)
	}
	g.Bounces = bounces(cfg)
	faults := 0
	for _, f := range postfixcheck.Check(p, g) {
		mark := "ok    "
		switch {
		case f.Bad:
			mark = "FAULT "
			faults++
		case f.Note:
			mark = "NOTE  "
		}
		fmt.Println(mark + f.Text)
	}
	if faults > 0 {
		return &failure{exitNotValid, errors.New("not all mail goes through sealgate as it should")}
	}
	return nil
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
