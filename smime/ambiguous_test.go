package smime

import (
	"io"
	"strings"
	"testing"
)

// TestHasLine: the beginning of a line is found wherever it lies, the middle of one
// is not taken for it.
func TestHasLine(t *testing.T) {
	long := strings.Repeat("x", copyChunk)
	for in, want := range map[string]bool{
		"":                               false,
		"--b":                            true,
		"--":                             false,
		"text\r\n--bc\r\n":               true,
		"text --b\r\n":                   false,
		long + "--b\r\n":                 false, // the buffer ends where the needle begins
		long + "\n--b":                   true,
		long[:copyChunk-2] + "\n--b":     true,
		long + long + " --b\n -b\n--a\n": false,
	} {
		got, err := hasLine(io.NewSectionReader(strings.NewReader(in), 0, int64(len(in))), []byte("--b"))
		if got != want || err != nil {
			t.Errorf("%d octets, the last %q: %v, %v", len(in), in[max(0, len(in)-8):], got, err)
		}
	}
}
