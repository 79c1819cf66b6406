//go:build load

package e2e

// This file measures the rate of mail through Postfix with the journal and without it, in turns.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	journalRounds = 64 // a round by itself is off by 8 % on a machine with one disk
	journalMails  = 400
)

// TestLoadJournal switches the journal off and on by SIGHUP between blocks of mail to be signed.
func TestLoadJournal(t *testing.T) {
	const on = "[journal]\ndetail = \"full\"\n"
	s := newSite(t, viaProxy, siteOptions{
		config: on + "[[rule]]\nsender = \"support@firma.example\"\nsign = \"yes\"\n",
	})
	took := map[string]time.Duration{}
	cpu := map[string]time.Duration{} // of the gateway
	var ratios []float64              // of the rates with and without it, by round
	reloads := 0
	for round := range journalRounds + 1 {
		times := map[string]time.Duration{}
		work := map[string]time.Duration{}
		details := []string{"off", "full"}
		if round%2 == 1 {
			slices.Reverse(details)
		}
		for _, detail := range details {
			text := strings.Replace(s.configText(), `detail = "full"`, fmt.Sprintf("detail = %q", detail), 1)
			if err := os.WriteFile(filepath.Join(s.dir, "config.toml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s.gateway.Process.Signal(syscall.SIGHUP)
			reloads++
			for strings.Count(s.log.String(), "rules and roots reloaded") < reloads {
				time.Sleep(20 * time.Millisecond)
			}
			before := s.cpuTime()
			times[detail] = s.sendLoad()
			work[detail] = s.cpuTime() - before
		}
		if round == 0 { // it warms up
			continue
		}
		for detail, d := range times {
			took[detail] += d
			cpu[detail] += work[detail]
		}
		ratios = append(ratios, times["off"].Seconds()/times["full"].Seconds())
	}
	slices.Sort(ratios)
	rate := func(detail string) float64 { return journalRounds * journalMails / took[detail].Seconds() }
	cost := func(detail string) float64 {
		return float64(cpu[detail].Microseconds()) / (journalRounds * journalMails)
	}
	ratio := rate("full") / rate("off")
	t.Logf("signed mail of 10 KiB through Postfix: %.1f a second with the journal, %.1f without, ratio %.3f "+
		"(rounds: median %.3f, from %.3f to %.3f); the gateway's work for a mail: %.0f µs with it, %.0f µs without",
		rate("full"), rate("off"), ratio, ratios[journalRounds/2], ratios[0], ratios[journalRounds-1], cost("full"), cost("off"))
	if ratio < 0.98 {
		t.Error("the journal slows mail down")
	}
}

// sendLoad is how long a block of mail takes to be taken.
func (s *site) sendLoad() time.Duration {
	start := time.Now()
	out, err := exec.Command("smtp-source", "-s", fmt.Sprint(loadSessions), "-m", fmt.Sprint(journalMails),
		"-l", fmt.Sprint(loadSize), "-f", "support@firma.example", "-t", "anna@kunde.example", s.outbound).CombinedOutput()
	took := time.Since(start)
	if err != nil {
		s.t.Fatalf("%v %s", err, out)
	}
	s.drained()
	return took
}
