// Package terminal keeps what mail and certificates say from commanding the terminal.
package terminal

import (
	"io"
	"strings"
	"unicode"
)

// New writes text for people to w: control characters of hostile input become "?".
func New(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

// Write expects whole characters, as fmt gives them.
func (t writer) Write(p []byte) (int, error) {
	clean := strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return '?'
		}
		return r
	}, string(p))
	if _, err := io.WriteString(t.w, clean); err != nil {
		return 0, err
	}
	return len(p), nil
}
