package main

// This file opens the HTTP side, and says what it shows.

import (
	"crypto/tls"
	"fmt"
	"time"

	"sealgate/admin"
)

// openAdmin listens at admin.address; without one nothing does.
func (h *house) openAdmin() ([]service, error) {
	a := h.cfg.Admin
	if a.Address == "" {
		return nil, nil
	}
	encryption, err := serverTLS("admin", a.TLSCert, a.TLSKey)
	if err != nil {
		return nil, err
	}
	listener, err := listen(a.Address, socketMode)
	if err != nil {
		return nil, fmt.Errorf("admin.address %s: %w%s", a.Address, err, remedy(err))
	}
	if encryption != nil {
		encryption.NextProtos = []string{"http/1.1"}
		listener = tls.NewListener(listener, encryption)
	}
	return []service{{listener, h.newAdmin()}}, nil
}

// newAdmin is the HTTP side, with what the configuration lets ask.
func (h *house) newAdmin() *admin.Server {
	o := admin.Options{Gateway: h.forAdmins(), Metrics: h.metrics, CanSplit: canSplit(h.cfg), Log: h.log}
	for _, t := range h.cfg.Admin.Token {
		o.Tokens = append(o.Tokens, admin.Token{Name: t.Name, Hash: t.Hash, Scope: t.Scope})
	}
	if len(h.cfg.Admin.Login) > 0 {
		o.Page = h.newPage(o.Gateway)
	}
	return admin.New(o)
}

// forAdmins is the gateway as the HTTP side sees it: its API and its page the same one.
func (h *house) forAdmins() admin.Gateway {
	return admin.Bounded(admin.Gateway{
		Engine: h, Certificates: adminCertificates{h}, Mailboxes: h, Changes: adminChanges{h}, Journal: h.journal,
		Explainer: h, Health: &adminHealth{house: h, started: time.Now()}, MaxMessage: int64(h.cfg.Limits.MessageSize),
	})
}
