package main

// This file keeps what mail and certificates say from commanding the terminal.

import (
	"io"
	"strings"
	"time"
	"unicode"
)

// terminal writes text for people: control characters of hostile input become "?".
type terminal struct{ w io.Writer }

// Write expects whole characters, as fmt gives them.
func (t terminal) Write(p []byte) (int, error) {
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

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
