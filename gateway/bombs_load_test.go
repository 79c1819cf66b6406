//go:build load

package gateway

// This file measures, rather than tests, how long ordinary mail takes beside bombs: make
// load.

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	besideMails  = 500 // in each round
	besideBombs  = 8   // sessions that send bombs, one after the other
	besideRounds = 2
)

// TestLoadBesideBombs prints what an ordinary mail, encrypted and signed, takes from its
// arrival to its delivery: alone, and beside sessions that send nothing but bombs, in
// turns.
func TestLoadBesideBombs(t *testing.T) {
	h := newHouse(t)
	text := textPart + strings.Repeat("ordinary text\r\n", 700)
	ordinary := h.sealed(fromAnna, h.signed(h.anna, "", text), h.support)
	mails := bombs(h)
	for round := range besideRounds {
		for _, sessions := range []int{0, besideBombs} {
			ctx, cancel := context.WithCancel(t.Context())
			var group sync.WaitGroup
			for i := range sessions {
				group.Go(func() {
					for ctx.Err() == nil {
						h.sendOne(mails[i%len(mails)])
					}
				})
			}
			times := make([]time.Duration, besideMails)
			for i := range times {
				start := time.Now()
				h.sendOne(ordinary)
				times[i] = time.Since(start)
				time.Sleep(5 * time.Millisecond) // people send no faster
			}
			cancel()
			group.Wait()
			slices.Sort(times)
			median := times[len(times)/2]
			p99 := times[len(times)*99/100]
			t.Logf("round %d, %d sessions with bombs: median %v, p99 %v", round+1, sessions, median, p99)
		}
	}
}

func (h *house) sendOne(mail string) {
	msg := h.file(mail)
	defer msg.Close()
	out, err := h.g.Process(context.Background(), toSupport, msg)
	if err != nil {
		h.t.Error(err)
		return
	}
	out.Close()
}
