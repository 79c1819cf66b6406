//go:build load

package e2e

// This file measures, rather than tests: make load.

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"testing"
	"time"

	"sealgate/gateway"
	"sealgate/proxy"
	"sealgate/spool"
)

// empty is an engine that changes nothing: what a proxy costs by itself.
type empty struct{}

func (empty) Process(_ context.Context, env gateway.Envelope, _ *spool.File) (*gateway.Outcome, error) {
	return &gateway.Outcome{Disposition: gateway.Accept, Deliveries: []gateway.Delivery{{To: env.To}}}, nil
}

const (
	loadMails    = 1000
	loadSessions = 50
	loadSize     = 10 << 10
	loadRounds   = 3
)

// TestLoad sends 1,000 mails of 10 KiB in 50 sessions: through Postfix alone,
// with an empty proxy, and with sealgate that signs, that signs and encrypts, in
// turns.
func TestLoad(t *testing.T) {
	var emptyDoor, alone, through string
	s := newSite(t, viaProxy, siteOptions{
		config: "[[rule]]\nsender = \"support@firma.example\"\nsign = \"yes\"\n[[rule]]\nsender = \"sales@firma.example\"\nsign = \"yes\"\nencrypt = \"yes\"\n",
		master: func(s *site) []string {
			emptyDoor, alone, through = s.port(), s.port(), s.port()
			return []string{alone + " inet n - n - - smtpd", through + " inet n - n - - smtpd\n  -o smtpd_proxy_filter=" + emptyDoor}
		},
	})
	s.learn("anna", "anna@kunde.example")
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", emptyDoor)
	if err != nil {
		t.Fatal(err)
	}
	server := &proxy.Server{Processor: empty{}, Next: &proxy.Client{Address: s.doors["re"], Hostname: "gw"}, Spool: sp, Log: slog.New(slog.DiscardHandler), Hostname: "gw", Direction: gateway.Outbound}
	go server.Serve(l)
	defer server.Shutdown(context.Background())
	for round := range loadRounds {
		for _, k := range []struct{ name, port, from string }{
			{"Postfix alone", alone, "support@firma.example"},
			{"empty proxy", through, "support@firma.example"},
			{"sealgate, nothing asked", s.outbound, "boss@firma.example"},
			{"sealgate, signing", s.outbound, "support@firma.example"},
			{"sealgate, signing and encrypting", s.outbound, "sales@firma.example"},
		} {
			start := time.Now()
			out, err := exec.Command("smtp-source", "-s", fmt.Sprint(loadSessions), "-m", fmt.Sprint(loadMails), "-l", fmt.Sprint(loadSize), "-f", k.from, "-t", "anna@kunde.example", k.port).CombinedOutput()
			if err != nil {
				t.Fatalf("%v %s", err, out)
			}
			t.Logf("round %d: %-34s %6.0f mails/s", round+1, k.name, loadMails/time.Since(start).Seconds())
			s.drained()
		}
	}
}

// drained waits until Postfix has delivered everything.
func (s *site) drained() {
	for range 600 {
		if s.postfix.Queue() == "Mail queue is empty\n" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
