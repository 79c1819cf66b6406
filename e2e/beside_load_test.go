//go:build load

package e2e

// This file measures how long ordinary mail takes through Postfix beside bombs: make load.

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

const (
	besideMails    = 300 // in each round
	besideSessions = 4   // that send bombs, one after the other
	besideRounds   = 4
)

// TestLoadBesideBombsThroughPostfix prints what the SMTP dialogue of an ordinary encrypted
// mail takes, alone, beside sessions that send mail as large that does not unfold, and
// beside sessions that send bombs. Its 99th percentile must be at most what it is beside
// plain mail: Postfix alone takes its time for so much. The rounds are taken together.
func TestLoadBesideBombsThroughPostfix(t *testing.T) {
	s := newSite(t, viaMilter)
	ordinary := withHeader(headerOf("ordinary"), s.sealed(s.signed("anna", textEntity), []string{"support"}))
	evil := withHeader(headerOf("bomb"), bomb(300<<20))
	large := withHeader(headerOf("large"), "Content-Type: text/plain\n\n"+lines64(make([]byte, len(evil)*3/4)))
	all := map[string][]time.Duration{}
	for range besideRounds {
		for _, beside := range []struct{ name, mail string }{{"nothing", ""}, {"large mail", large}, {"bombs", evil}} {
			var stop atomic.Bool
			ended := make(chan struct{}, besideSessions)
			for range besideSessions {
				go func() {
					defer func() { ended <- struct{}{} }()
					for beside.mail != "" && !stop.Load() {
						s.send(s.inbound, "eve@evil.example", []string{toSupport}, beside.mail)
					}
				}()
			}
			var took []time.Duration
			for range besideMails {
				began := time.Now()
				s.accepted(s.send(s.inbound, "anna@kunde.example", []string{toSupport}, ordinary))
				took = append(took, time.Since(began))
			}
			stop.Store(true)
			for range besideSessions {
				<-ended
			}
			all[beside.name] = append(all[beside.name], took...)
		}
	}
	p99 := map[string]time.Duration{}
	for name, took := range all {
		slices.Sort(took)
		p99[name] = took[len(took)*99/100]
		t.Logf("beside %s: %d mails, median %v, p99 %v", name, len(took), took[len(took)/2], p99[name])
	}
	if p99["bombs"] > p99["large mail"] {
		t.Error("bombs cost others more than plain mail of their size")
	}
}
