package main

// This file hands over the mails to an admin whose certificates end.

import (
	"cmp"
	"context"
	"time"

	"sealgate/expiry"
	"sealgate/gateway"
	"sealgate/internal/ownkeys"
	"sealgate/proxy"
)

// Bounds of handing one mail over: package expiry counts on them.
const (
	handOverTime   = 2 * time.Minute
	handOverAnswer = 2 * time.Minute // to the final dot
)

// newAlerts tells who stands in [alerts].
func (h *house) newAlerts() *expiry.Watch {
	c := h.cfg
	return &expiry.Watch{
		To:       c.Alerts.To,
		From:     cmp.Or(c.Alerts.From, "sealgate@"+c.Server.Hostname),
		Hostname: c.Server.Hostname,
		Language: c.Server.Language,
		Store:    h.store,
		Keys:     func() []*ownkeys.Key { return h.engine.Load().own.keys },
		Domains:  h.namedDomains,
		Now:      time.Now,
		Log:      h.log,
		HandOver: h.handOver,
	}
}

// namedDomains are those that rules name certificates for.
func (h *house) namedDomains() (list []expiry.Domain) {
	for _, r := range h.engine.Load().options.Rules {
		if len(r.Certificates) > 0 {
			list = append(list, expiry.Domain{Name: cmp.Or(r.Recipient, r.Domain), Certificates: r.Certificates})
		}
	}
	return list
}

// handOver gives a mail of our own to alerts.next_hop, without a sender: nothing comes back. A milter of
// ours that meets it there refuses it, and a rule of ours is never asked.
func (h *house) handOver(ctx context.Context, to string, mail []byte) error {
	ctx, cancel := context.WithTimeout(ctx, handOverTime)
	defer cancel()
	msg := h.spool.Create()
	defer msg.Close()
	if _, err := msg.Write(mail); err != nil {
		return err
	}
	client := h.client(h.cfg.Alerts.NextHop)
	client.Patience = handOverAnswer
	t := proxy.Transaction{Recipients: []proxy.Recipient{{Address: to}}}
	return client.Deliver(ctx, t, msg, []gateway.Delivery{{To: []string{to}}})
}
