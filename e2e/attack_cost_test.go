package e2e

// This file sends mail that costs more than it weighs, beside honest mail.

import (
	"strings"
	"testing"
	"time"
)

// TestFieldsThatMustGo: each field that is taken out of a mail costs Postfix the whole
// header, so there is an end to them, on every way in.
func TestFieldsThatMustGo(t *testing.T) {
	for _, transport := range []string{viaMilter, viaProxy} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, transport)
			header := func(n int) string { return strings.Repeat("X-SMIME-A: x\n", n) + headerOf("fields") }
			// An honest header has fields that may have to go, too: not all 64 are Eve's.
			for n, code := range map[int]int{60: 250, 65: 554, 9000: 554} {
				began := time.Now()
				got := s.send(s.inbound, "eve@evil.example", []string{toSupport}, withHeader(header(n), textEntity))
				t.Logf("%d fields: %v", n, time.Since(began))
				if got.code != code {
					t.Errorf("%d fields: %+v, want %d", n, got, code)
				}
			}
		})
	}
}

// TestBombBesideHonestMail: a mail that unfolds without end is delivered as it came, and
// holds nobody up.
func TestBombBesideHonestMail(t *testing.T) {
	s := newSite(t, viaMilter)
	evil := withHeader(headerOf("bomb"), bomb(300<<20))
	done := make(chan reply, 4)
	for range cap(done) {
		go func() { done <- s.send(s.inbound, "eve@evil.example", []string{toSupport}, evil) }()
	}
	began := time.Now()
	s.accepted(s.send(s.inbound, "anna@kunde.example", []string{toSupport}, withHeader(headerOf("honest"), textEntity)))
	s.arrival("Subject: honest")
	t.Logf("an honest mail beside %d bombs of %d octets: %v", cap(done), len(evil), time.Since(began))
	for range cap(done) {
		s.accepted(<-done)
	}
	if text := s.arrival("Subject: bomb").Text; !strings.Contains(text, "X-SMIME-Signature: malformed") {
		t.Errorf("%s", text[:min(len(text), 2000)])
	}
}
