//go:build load

package e2e

// This file measures what mail takes while helpdesks ask what can be encrypted.

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	askedTimes   = 10_000
	askedAtOnce  = 4
	askedASecond = 200 // of all together: a helpdesk with some hundred agents
)

// TestLoadAdmin signs mail alone and beside 10,000 questions, in turns: its median may double for
// that, since both share the machine; every question is answered.
func TestLoadAdmin(t *testing.T) {
	const token = "sealgate_of-this-test"
	s := newSite(t, viaMilter)
	address := s.port()
	s.o.config = fmt.Sprintf("[admin]\naddress = %q\n[[admin.token]]\nname = \"test\"\nscope = \"read\"\nhash = \"sha256:%x\"\n"+
		"[[rule]]\nsender = \"support@firma.example\"\nsign = \"yes\"\n", address, sha256.Sum256([]byte(token)))
	s.kill()
	s.waitFor(address)
	mail := withHeader(headerOf("ordinary"), textEntity)
	var alone, beside, answers []time.Duration
	const turns = 10
	for range turns {
		var stop atomic.Bool
		took := make(chan []time.Duration, 1)
		alone = append(alone, s.mailsFor(mail, func(n int) bool { return n < 100 })...)
		go func() { took <- s.mailsFor(mail, func(int) bool { return !stop.Load() }) }()
		answers = append(answers, askMany(t, "http://"+address, token, askedTimes/turns)...)
		stop.Store(true)
		beside = append(beside, <-took...)
	}
	for name, list := range map[string][]time.Duration{"mail alone": alone, "mail beside questions": beside, "questions": answers} {
		slices.Sort(list)
		t.Logf("%s: %d, median %v, p99 %v", name, len(list), list[len(list)/2], list[len(list)*99/100])
	}
	if len(answers) != askedTimes {
		t.Errorf("%d questions were answered", len(answers))
	}
	if beside[len(beside)/2] > 2*alone[len(alone)/2] {
		t.Error("questions slow mail down")
	}
}

// mailsFor sends mails one after the other while more says so, and returns what each took.
func (s *site) mailsFor(mail string, more func(n int) bool) (took []time.Duration) {
	for n := 0; more(n); n++ {
		began := time.Now()
		s.accepted(s.send(s.outbound, toSupport, []string{"anna@kunde.example"}, mail))
		took = append(took, time.Since(began))
	}
	return took
}

// askMany asks n questions at a steady rate, and returns what each answer took.
func askMany(t *testing.T, base, token string, n int) (took []time.Duration) {
	t.Helper()
	var mu sync.Mutex // guards took
	var all sync.WaitGroup
	turn := time.NewTicker(time.Second / askedASecond)
	defer turn.Stop()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: askedAtOnce}}
	defer client.CloseIdleConnections()
	for i := range askedAtOnce {
		all.Go(func() {
			for j := i; j < n; j += askedAtOnce {
				<-turn.C
				body := fmt.Sprintf(`{"from":"support@firma.example","to":["anna@kunde.example","nobody%d@kunde.example"]}`, j)
				r, err := http.NewRequest(http.MethodPost, base+"/v1/capabilities", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer "+token)
				r.Header.Set("Content-Type", "application/json")
				began := time.Now()
				res, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				answer, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("%s, %v: %s", res.Status, err, answer)
					return
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return took
}
