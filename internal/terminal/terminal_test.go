package terminal

import (
	"fmt"
	"strings"
	"testing"
)

// TestHostileText: a mail cannot move the cursor, change colours, or turn the direction of what is
// read; lines end where ours do.
func TestHostileText(t *testing.T) {
	for text, want := range map[string]string{
		"plain ä €\n":          "plain ä €\n",
		"\x1b[2Jgone\r":        "?[2Jgone?",
		"\u202egpj.exe\u202c":  "?gpj.exe?",
		"\u009b31m\u2066a\x00": "?31m?a?",
	} {
		var out strings.Builder
		n, err := fmt.Fprint(New(&out), text)
		if err != nil || n != len(text) || out.String() != want {
			t.Errorf("%q becomes %q, want %q (%d, %v)", text, out.String(), want, n, err)
		}
	}
}
