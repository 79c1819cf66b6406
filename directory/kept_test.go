package directory

import (
	"fmt"
	"testing"
	"time"

	"sealgate/certstore"
)

// TestKeptIsBounded: who chooses addresses, and publishes much for each, fills no memory.
func TestKeptIsBounded(t *testing.T) {
	s := New(nil, Options{Keep: time.Hour, Now: time.Now})
	large := []*certstore.Record{{DER: make([]byte, 1<<20)}}
	for i := range 100 {
		s.remember(fmt.Sprintf("p%d@bank.example", i), large)
		s.remember("again@bank.example", large)
	}
	if n := len(s.kept); n != maxKeptOctets>>20 || s.size != maxKeptOctets {
		t.Errorf("%d answers, %d octets", n, s.size)
	}
	for i := range maxKept + 10 {
		s.remember(fmt.Sprintf("none%d@bank.example", i), nil)
	}
	if len(s.kept) > maxKept {
		t.Errorf("%d answers", len(s.kept))
	}
}
