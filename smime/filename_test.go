package smime

import (
	"strings"
	"testing"
)

// TestFileNameInAnyCharset: S/MIME is known by the ending of its file name too (RFC 8551
// §3.2.1), in whatever charset a program writes the rest.
func TestFileNameInAnyCharset(t *testing.T) {
	for _, name := range []string{"smime.p7m", "=?utf-8?Q?=D0=BF.p7m?=", "=?windows-1251?Q?=EF.p7m?=", "=?x-unheard-of?Q?a.p7m?="} {
		text := "Content-Type: application/octet-stream; name=\"" + name + "\"\r\n\r\nx"
		e, err := ParseEntity(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		if !e.named(func(n string) bool { return strings.HasSuffix(n, ".p7m") }) {
			t.Errorf("%s is not seen", name)
		}
	}
}
