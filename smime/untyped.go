package smime

// This file names the type of a message that does not say it: what is signed would have no
// header without it, and some readers show no text then.

import (
	"bufio"
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"sealgate/internal/contextio"
	"sealgate/spool"
)

// untypedAs is the Content-Type for a message without one: text/plain (RFC 2045 §5.2), in
// UTF-8 where its octets can only be that. It is "" for a message that has one.
func untypedAs(ctx context.Context, e *Entity, sp *spool.Spool) (string, error) {
	if len(e.Get("Content-Type")) > 0 {
		return "", nil
	}
	c, err := decodeAsFarAsTrue(ctx, e, sp)
	if err != nil {
		return "", err
	}
	defer c.Close()
	inUTF8, err := needsUTF8(contextio.NewReader(ctx, c.reader()))
	if err != nil {
		return "", err
	}
	if inUTF8 {
		return "text/plain; charset=utf-8", nil
	}
	return "text/plain", nil // US-ASCII, or what its reader has to guess now as before
}

// decodeAsFarAsTrue undoes the transfer encoding of a leaf. A label that lies is not believed:
// what is not base64 is taken as it stands.
func decodeAsFarAsTrue(ctx context.Context, e *Entity, sp *spool.Spool) (*content, error) {
	c, err := decode(ctx, e, e.encoding(), sp)
	if errors.Is(err, ErrMalformed) {
		return decode(ctx, e, "binary", sp)
	}
	return c, err
}

// needsUTF8 reports whether a text is valid UTF-8 and more than US-ASCII.
func needsUTF8(r io.Reader) (bool, error) {
	text := bufio.NewReader(r)
	beyondASCII := false
	for {
		letter, octets, err := text.ReadRune()
		if err == io.EOF {
			return beyondASCII, nil
		}
		if err != nil {
			return false, err
		}
		if letter == utf8.RuneError && octets == 1 {
			return false, nil
		}
		beyondASCII = beyondASCII || octets > 1
	}
}
