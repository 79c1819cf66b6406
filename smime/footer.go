package smime

// This file finds what mailing lists and mail servers append to base64: they take the body
// for text.

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"sealgate/internal/contextio"
)

// withoutFooter is a view on e without the lines behind its base64; nil when there are none.
// What was appended is shown by nobody, so that it never seems to be signed or encrypted.
func (e *Entity) withoutFooter(ctx context.Context) (*Entity, error) {
	if cmsEncoding(e) != "base64" {
		return nil, nil
	}
	body := e.Body()
	length, err := base64Length(bufio.NewReaderSize(contextio.NewReader(ctx, body), bufferSize(body, copyChunk)))
	if err != nil || length == body.Size() {
		return nil, err
	}
	text := *e
	text.size = e.body + length
	return &text, nil
}

// base64Length is how long the lines of base64 are: up to an empty line behind them, to a
// line with another character, or through the one with the padding, whichever comes first.
// White space is base64, as for decodeBase64.
func base64Length(text io.ByteReader) (length int64, err error) {
	begun := false  // there was a line
	empty := true   // the line, up to now
	padded := false // the line has padding
	for read := int64(1); ; read++ {
		c, err := text.ReadByte()
		if errors.Is(err, io.EOF) {
			return read - 1, nil
		}
		if err != nil {
			return 0, err
		}
		switch {
		case c == '\n' && padded:
			return read, nil
		case c == '\n' && begun && empty:
			return length, nil
		case c == '\n':
			length = read
			begun = begun || !empty
			empty = true
		case strings.IndexByte(" \t\r", c) >= 0:
		case !isBase64(c):
			return length, nil
		default:
			empty = false
			padded = c == '='
		}
	}
}

// isBase64 reports whether a character is of RFC 4648 §4.
func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '+' || c == '/' || c == '='
}
