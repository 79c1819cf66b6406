package main

import (
	"context"
	"strings"
	"testing"

	"sealgate/config"
	"sealgate/internal/nexthop"
)

// TestCheckTellsTheProtocol: a next hop that does not know our greeting is a fault that says
// what to write instead; one that is not there yet is a note.
func TestCheckTellsTheProtocol(t *testing.T) {
	for name, k := range map[string]struct {
		speaksLMTP bool
		prefix     string
		want       severity
		word       string
	}{
		"SMTP as SMTP": {false, "", "", ""},
		"LMTP as LMTP": {true, "lmtp:", "", ""},
		"SMTP as LMTP": {false, "lmtp:", isFault, "LHLO is not known; without \"lmtp:\""},
		"LMTP as SMTP": {true, "", isFault, "EHLO is not known; with \"lmtp:\""},
		"nobody":       {false, "gone", isNote, "does not answer now"},
	} {
		hop, err := nexthop.New(nexthop.Fault{})
		if err != nil {
			t.Fatal(err)
		}
		defer hop.Close()
		hop.LMTP = k.speaksLMTP
		address := k.prefix + hop.Address
		if k.prefix == "gone" {
			address = hop.Address
			hop.Close()
		}
		for key, l := range map[string]config.Listener{"next_hop": {NextHop: address}, "reinject": {Reinject: address}} {
			var r checkReport
			r.checkNextHops(context.Background(), &config.Config{Listener: []config.Listener{l}})
			switch {
			case k.want == "" && len(r.Findings) != 0:
				t.Errorf("%s as %s: %+v", name, key, r.Findings)
			case k.want != "" && (len(r.Findings) != 1 || r.Findings[0].Severity != k.want || !strings.Contains(r.Findings[0].Text, k.word)):
				t.Errorf("%s as %s: %+v", name, key, r.Findings)
			}
		}
	}
}

// TestWhoAsksANextHop: readiness and check --postfix, too, ask a next hop by LMTP, and that of a
// milter, where it is and in its protocol.
func TestWhoAsksANextHop(t *testing.T) {
	hop, err := nexthop.New(nexthop.Fault{})
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close()
	hop.LMTP = true
	cfg := config.Default()
	for _, l := range []config.Listener{{NextHop: "lmtp:" + hop.Address}, {Reinject: "lmtp:" + hop.Address}} {
		cfg.Listener = []config.Listener{l}
		if beyond := asPostfixSees(cfg).Listeners[0].Beyond; beyond != hop.Address {
			t.Errorf("check --postfix asks at %q", beyond)
		}
		if faults := silentHops(t.Context(), cfg); len(faults) != 0 {
			t.Errorf("not ready: %v", faults)
		}
	}
	cfg.Listener = []config.Listener{{NextHop: hop.Address}, {NextHop: "lmtp:127.0.0.1:1"}, {Address: "127.0.0.1:8891"}}
	if faults := silentHops(t.Context(), cfg); len(faults) != 2 {
		t.Errorf("the wrong protocol and nobody there: %v", faults)
	}
}
