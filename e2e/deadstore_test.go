package e2e

// This file tests what outbound mail becomes when the store stops answering while the
// gateway runs: the engine with such a store, between Postfix and Postfix.

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/keyring"
	"sealgate/milter"
	"sealgate/proxy"
	"sealgate/spool"
	"sealgate/trust"
)

// deadStore holds whatever it holds, and does not answer. No other method is called:
// it would panic.
type deadStore struct{ gateway.Store }

var errDisk = errors.New("disk on fire")

func (deadStore) ByAddress(context.Context, string) ([]*certstore.Record, error) { return nil, errDisk }

func (deadStore) Recall(context.Context, [32]byte) (certstore.Memory, bool, error) {
	return certstore.Memory{}, false, errDisk
}

func (deadStore) Remember(context.Context, [32]byte, certstore.Memory, time.Duration) error {
	return errDisk
}

// TestDeadStoreKeepsTheMail: what the store does not answer is no reason to send in
// clear; Postfix answers 451, whether encryption was an order or a wish, and without
// either too: a mail with that Message-ID may have come encrypted.
func TestDeadStoreKeepsTheMail(t *testing.T) {
	t.Parallel()
	ports := map[string]string{}
	s := newSite(t, viaMilter, siteOptions{master: func(s *site) []string {
		ports["milter"], ports["proxy"] = s.port(), s.port()
		milter, proxy := s.deadGateway()
		return []string{
			ports["milter"] + " inet n - n - - smtpd\n  -o smtpd_milters=inet:" + milter,
			ports["proxy"] + " inet n - n - - smtpd\n  -o smtpd_milters=\n  -o smtpd_proxy_filter=" + proxy,
		}
	}})
	for name, port := range ports {
		for _, order := range []string{"X-SMIME-Encrypt: yes\n", "X-SMIME-Encrypt: if-possible\n", "Message-ID: <1@kunde.example>\n"} {
			text := ticket("dead-"+port, "anna@kunde.example", order)
			got := s.send(port, "support@firma.example", []string{"anna@kunde.example"}, text)
			if got.code != 451 || len(got.text) < 5 || got.text[:5] != "4.3.0" {
				t.Errorf("%s, %q: %+v", name, order, got)
			}
		}
	}
	if _, ok := s.sink.Wait("Subject: dead-", 0); ok {
		t.Error("it left all the same")
	}
}

// deadGateway serves a milter and a proxy with an engine whose store is dead.
func (s *site) deadGateway() (byMilter, byProxy string) {
	s.t.Helper()
	sp, err := spool.New(spool.Options{Dir: s.t.TempDir()})
	if err != nil {
		s.t.Fatal(err)
	}
	check, err := trust.New(trust.Options{Roots: []*x509.Certificate{s.pki.Root.Certificate}, Revocation: trust.Off})
	if err != nil {
		s.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	box := &keyring.Mailbox{Addresses: []string{"support@firma.example"}, Credentials: []*keyring.Credential{{Certificate: s.support.Certificate, Key: s.support.Key}}}
	g, err := gateway.New(gateway.Options{
		AuthservID: "gw.firma.example", Language: gateway.English, Inbound: gateway.DefaultInbound(), Outbound: gateway.DefaultOutbound(),
		Ring: keyring.NewRing([]*keyring.Mailbox{box}), Trust: check, Store: deadStore{}, Spool: sp, Log: log,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	orders := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	byMilter = s.served(&milter.Server{Processor: g, Spool: sp, Log: log, Direction: gateway.Outbound, OrdersFrom: orders})
	byProxy = s.served(&proxy.Server{
		Processor: g, Spool: sp, Log: log, Direction: gateway.Outbound, OrdersFrom: orders,
		Hostname: "gw.firma.example", Next: &proxy.Client{Address: s.sink.Address, Hostname: "gw.firma.example"},
	})
	return byMilter, byProxy
}

// served listens until the test ends.
func (s *site) served(server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
},
) string {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	go server.Serve(l)
	s.t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ended)
	})
	return l.Addr().String()
}
