// A test of the promise that a private key does not show in the time of what is done with it.

package brainpool

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// scalarsByTime are those for which textbook arithmetic takes the shortest and the longest
// time: one bit, the first or the last, and all bits.
func scalarsByTime(c *curve) map[string][]byte {
	one := make([]byte, c.size())
	one[len(one)-1] = 1
	highest := make([]byte, c.size())
	highest[0] = 0x80
	all := bytes.Repeat([]byte{0xff}, c.size())
	all[0] = 0x7f // below the order
	return map[string][]byte{"1": one, "one bit, the highest": highest, "all bits": all}
}

// TestTimeOfScalars: agreeing on a key takes as long with each private key. The least times
// are compared, of many taken in turns, so that what else the machine does is left out; one
// curve stands for all, which have one code.
func TestTimeOfScalars(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time, which the race detector makes longer")
	}
	const rounds = 200
	peer, err := GenerateKey(P256r1())
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]*PrivateKey{}
	for name, scalar := range scalarsByTime(p256r1) {
		keys[name], err = p256r1.newPrivateKey(scalar)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	took := map[string][]time.Duration{}
	for range rounds {
		for name, key := range keys {
			start := time.Now()
			if _, err := key.ECDH(peer.public); err != nil {
				t.Fatal(err)
			}
			took[name] = append(took[name], time.Since(start))
		}
	}
	var least []time.Duration
	for name, list := range took {
		slices.Sort(list)
		t.Logf("%s: least %v, median %v", name, list[0], list[rounds/2])
		least = append(least, list[0])
	}
	const most = 1.2 // textbook arithmetic: 1.5 for the bits, and a hundred for a short scalar
	if shortest, longest := slices.Min(least), slices.Max(least); float64(longest) > most*float64(shortest) {
		t.Errorf("from %v to %v", shortest, longest)
	}
}
