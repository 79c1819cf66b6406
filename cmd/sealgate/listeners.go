package main

// This file opens the listeners.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"sealgate/config"
	"sealgate/gateway"
	"sealgate/milter"
	"sealgate/proxy"
	"sealgate/spool"
)

// open listens at every address, also of the HTTP side, or at none.
func (h *house) open() (services []service, err error) {
	defer func() {
		if err == nil {
			return
		}
		for _, d := range services {
			d.listener.Close()
		}
		services = nil
	}()
	for _, l := range h.cfg.Listener {
		d, err := h.openOne(l)
		if err != nil {
			return services, err
		}
		services = append(services, d)
	}
	if len(services) == 0 {
		return nil, errors.New("there is no [[listener]]: nothing to serve")
	}
	http, err := h.openAdmin()
	services = append(services, http...)
	h.services = services
	return services, err
}

func (h *house) openOne(l config.Listener) (service, error) {
	server, err := h.server(l)
	if err != nil {
		return service{}, err
	}
	listener, err := listen(l.Address, socketMode)
	if err != nil {
		return service{}, fmt.Errorf("listener %s: %w%s", l.Address, err, remedy(err))
	}
	return service{listener, server}, nil
}

// server is the adapter for a listener.
func (h *house) server(l config.Listener) (interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}, error,
) {
	sessions := l.MaxSessions
	if sessions == 0 {
		sessions = h.cfg.Limits.Sessions
	}
	timeout := time.Duration(h.cfg.Limits.MessageTimeout)
	if l.Protocol == config.Milter {
		s := &milter.Server{
			Processor:  h,
			Spool:      h.spool,
			Log:        h.log,
			Direction:  l.Direction,
			OrdersFrom: l.OrdersFrom,
			MaxClients: sessions,
			Timeout:    timeout,
			Own:        h.own.Has,
		}
		if l.Reinject != "" {
			s.Splitter = reinject{h.client(l.Reinject)}
		}
		return s, nil
	}
	tls, err := serverTLS("listener "+l.Address, l.TLSCert, l.TLSKey)
	if err != nil {
		return nil, err
	}
	login, err := logins(l.LoginFile)
	if err != nil {
		return nil, fmt.Errorf("listener %s: %w", l.Address, err)
	}
	return &proxy.Server{
		Processor:  h,
		Next:       h.client(l.NextHop),
		Spool:      h.spool,
		Log:        h.log,
		Hostname:   h.cfg.Server.Hostname,
		Direction:  l.Direction,
		OrdersFrom: l.OrdersFrom,
		LMTP:       l.LMTP,
		TLS:        tls,
		Login:      login,
		MaxSize:    int64(h.cfg.Limits.MessageSize),
		Timeout:    timeout,
		MaxClients: sessions,
	}, nil
}

// reinject lets the milter deliver copies through the proxy's client.
type reinject struct{ client *proxy.Client }

// Deliver implements milter.Splitter.
func (r reinject) Deliver(
	ctx context.Context,
	t milter.Transaction,
	msg *spool.File,
	copies []gateway.Delivery,
) gateway.Reply {
	var out proxy.Transaction
	var err error
	out.Options, err = proxy.MailArguments(t.Args)
	if err == nil {
		out.From = t.From
		for _, to := range t.To {
			o, bad := proxy.RcptArguments(to.Args)
			err = errors.Join(err, bad)
			out.Recipients = append(out.Recipients, proxy.Recipient{Address: to.Address, Options: o})
		}
	}
	if err != nil {
		return gateway.Reply{Code: 501, Enhanced: "5.5.4", Text: "ESMTP arguments cannot be read: " + err.Error()}
	}
	return proxy.Reply(r.client.Deliver(ctx, out, msg, copies))
}
