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
	besideRounds = 4
	besideMost   = 2 // times what the 99th percentile may become
)

// TestLoadBesideBombs prints what an ordinary mail, encrypted and signed, takes from its
// arrival to its delivery: alone, and beside sessions that send nothing but bombs, in
// turns. The rounds are taken together: the slowest hundredth of one are five mails.
func TestLoadBesideBombs(t *testing.T) {
	h := newHouse(t)
	text := textPart + strings.Repeat("ordinary text\r\n", 700)
	ordinary := h.sealed(fromAnna, h.signed(h.anna, "", text), h.support)
	mails := bombs(h)
	var alone, beside []time.Duration
	for range besideRounds {
		alone = append(alone, h.ordinaryBeside(0, ordinary, mails)...)
		beside = append(beside, h.ordinaryBeside(besideBombs, ordinary, mails)...)
	}
	without := percentiles(t, "alone", alone)
	with := percentiles(t, "beside bombs", beside)
	if with > besideMost*without {
		t.Errorf("p99 is %.1f times what it is without", float64(with)/float64(without))
	}
}

// ordinaryBeside is how long each ordinary mail takes while so many sessions send bombs.
func (h *house) ordinaryBeside(sessions int, ordinary string, bombs []string) []time.Duration {
	ctx, cancel := context.WithCancel(h.t.Context())
	var group sync.WaitGroup
	for i := range sessions {
		group.Go(func() {
			for ctx.Err() == nil {
				h.sendOne(bombs[i%len(bombs)])
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
	return times
}

// percentiles prints the median and the 99th percentile, and returns the latter.
func percentiles(t *testing.T, what string, times []time.Duration) time.Duration {
	slices.Sort(times)
	median := times[len(times)/2]
	p99 := times[len(times)*99/100]
	t.Logf("%s: %d mails, median %v, p99 %v", what, len(times), median, p99)
	return p99
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
