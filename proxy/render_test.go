package proxy

import (
	"strings"
	"testing"

	"sealgate/gateway"
)

// TestUnchangedIsUntouched: a copy without edits is the message, however odd; one with
// edits has its header and its body apart.
func TestUnchangedIsUntouched(t *testing.T) {
	for text, edited := range map[string]string{
		"Subject: x\r\n\r\nbody\r\n":          "X: y\r\nSubject: x\r\n\r\nbody\r\n",
		"hello\r\nworld\r\n":                  "X: y\r\n\r\nhello\r\nworld\r\n",
		"\r\nbody\r\n":                        "X: y\r\n\r\nbody\r\n",
		"Subject: x\r\n":                      "X: y\r\nSubject: x\r\n\r\n",
		"Subject: x\r\nno field\r\nTo: y\r\n": "X: y\r\nSubject: x\r\n\r\nno field\r\nTo: y\r\n",
		"":                                    "X: y\r\n\r\n",
	} {
		for want, edits := range map[string][]gateway.HeaderEdit{text: nil, edited: {{Op: gateway.InsertField, Name: "X", Value: " y"}}} {
			var got strings.Builder
			if n, err := renderedSize(file(t, text), gateway.Delivery{Edits: edits}); err != nil || n != int64(len(want)) {
				t.Errorf("%q: %d octets, want %d, %v", text, n, len(want), err)
			}
			if err := render(&got, file(t, text), gateway.Delivery{Edits: edits}); err != nil || got.String() != want {
				t.Errorf("%q: got %q, want %q, %v", text, got.String(), want, err)
			}
		}
	}
}
