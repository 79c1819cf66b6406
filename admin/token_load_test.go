//go:build load

package admin

// This file measures whether the time of a comparison tells anything of a token: make load.

import (
	"slices"
	"testing"
	"time"
)

const (
	timedTokens = 50
	timedTimes  = 20_000 // of each kind, in turns
)

// TestLoadTokenTiming: a token that is the first, the last, none, or one but for its last sign takes
// the same time to be found or not: the medians differ by less than a twentieth.
func TestLoadTokenTiming(t *testing.T) {
	h := &handlers{}
	var tokens []string
	for range timedTokens {
		token, hash := NewToken()
		tokens = append(tokens, token)
		h.Tokens = append(h.Tokens, Token{Hash: hash, Scope: Read})
	}
	first := tokens[0]
	unknown, _ := NewToken()
	kinds := []string{first, tokens[timedTokens-1], unknown, first[:len(first)-1] + "!"}
	took := make([][]time.Duration, len(kinds))
	for range timedTimes {
		for i, token := range kinds {
			began := time.Now()
			h.find(token)
			took[i] = append(took[i], time.Since(began))
		}
	}
	var medians []time.Duration
	for i, list := range took {
		slices.Sort(list)
		medians = append(medians, list[len(list)/2])
		t.Logf("kind %d: median %v", i, medians[i])
	}
	if least := slices.Min(medians); slices.Max(medians) > least+least/20 {
		t.Error("the time tells which it is")
	}
}
