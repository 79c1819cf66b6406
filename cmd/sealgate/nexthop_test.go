package main

// This file holds next hops against all who ask about them.

import (
	"net"
	"slices"
	"strings"
	"testing"

	"sealgate/config"
)

// TestNextHopsByLMTP: whoever asks about a next hop that speaks LMTP, or about a reinject, asks
// there.
func TestNextHopsByLMTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = conn.Write([]byte("220 here LMTP\r\n"))
				line := make([]byte, 100)
				n, _ := conn.Read(line)
				answer := "500 unknown command\r\n"
				if strings.HasPrefix(string(line[:n]), "LHLO ") {
					answer = "250 here\r\n"
				}
				_, _ = conn.Write([]byte(answer))
				_, _ = conn.Read(line)
			}()
		}
	}()
	address := l.Addr().String()
	for _, listener := range []config.Listener{{NextHop: "lmtp:" + address}, {Reinject: "lmtp:" + address}} {
		cfg := config.Default()
		cfg.Listener = []config.Listener{listener}
		if beyond := asPostfixSees(cfg).Listeners[0].Beyond; beyond != address {
			t.Errorf("Postfix's check asks at %q", beyond)
		}
		if faults := silentHops(t.Context(), cfg); len(faults) != 0 {
			t.Errorf("%+v: %v", listener, faults)
		}
	}
	cfg := config.Default()
	cfg.Listener = []config.Listener{{NextHop: address}, {NextHop: "lmtp:127.0.0.1:1"}, {Address: "127.0.0.1:8891"}}
	if faults := silentHops(t.Context(), cfg); len(faults) != 2 || slices.Contains(faults, nil) {
		t.Errorf("%v", faults)
	}
}
