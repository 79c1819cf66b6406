// Package wycheproof reads the Wycheproof project's test vectors, for the tests
// of smime/cms and the packages below it.
package wycheproof

import (
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"
)

// Hex is a byte string that is written in hexadecimal digits.
type Hex []byte

// UnmarshalText decodes the digits.
func (h *Hex) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*h = b
	return err
}

// Group is a testGroup: what its tests have in common, and the tests.
type Group[G, T any] struct {
	Common G
	Tests  []T
}

// Case is what every test has; embed it in the test's own type.
type Case struct {
	ID      int `json:"tcId"`
	Comment string
	Flags   []string
	Result  string
}

// Load reads one file of vectors. A file without tests is an error.
func Load[G, T any](tb testing.TB, file string) []Group[G, T] {
	tb.Helper()
	data, err := fs.ReadFile(wycheproof.TestVectors, file)
	if err != nil {
		tb.Fatal(err)
	}
	var doc struct{ TestGroups []json.RawMessage }
	if err := json.Unmarshal(data, &doc); err != nil {
		tb.Fatal(err)
	}
	var groups []Group[G, T]
	count := 0
	for _, raw := range doc.TestGroups {
		var g Group[G, T]
		var tests struct{ Tests []T }
		if err := json.Unmarshal(raw, &tests); err != nil {
			tb.Fatal(err)
		}
		if err := json.Unmarshal(raw, &g.Common); err != nil {
			tb.Fatal(err)
		}
		g.Tests = tests.Tests
		count += len(g.Tests)
		groups = append(groups, g)
	}
	if count == 0 {
		tb.Fatalf("%s has no tests", file)
	}
	return groups
}

// Check compares what our code said with the vector's result. "acceptable"
// vectors may go either way.
func (c Case) Check(tb testing.TB, accepted bool) {
	tb.Helper()
	if c.Result == "valid" && !accepted || c.Result == "invalid" && accepted {
		tb.Errorf("test %d (%s %v) is %s, accepted: %v", c.ID, c.Comment, c.Flags, c.Result, accepted)
	}
}
