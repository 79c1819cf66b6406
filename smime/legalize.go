package smime

// This file makes what was decrypted legal mail (RFC 5322 §2, RFC 6152).

import (
	"context"

	"sealgate/internal/contextio"
	"sealgate/spool"
)

// Legalize returns e as mail that can be sent to servers with 8BITMIME: no line
// over 998 octets, no NUL, no CR or LF but in CRLF, nothing labelled binary.
// Leaves that are not so become quoted-printable or base64; lines of a message
// that ends them in LF get CRLF. It returns e itself when nothing is to do; else
// the result reads from e: close it before e. When ctx ends, so does Legalize, with
// its error.
func Legalize(ctx context.Context, e *Entity, sp *spool.Spool) (*Entity, error) {
	if err := needs(e, sp); err != nil {
		return nil, err
	}
	lf, err := e.hasBareLF()
	if err != nil {
		return nil, err
	}
	if !lf {
		return legalize(ctx, e, sp)
	}
	f := sp.Create()
	if err := ToCRLF(f, contextio.NewReader(ctx, e.Section())); err != nil {
		f.Close()
		return nil, err
	}
	whole, err := parseFile(f)
	if err != nil {
		return nil, err
	}
	legal, err := legalize(ctx, whole, sp)
	if err != nil {
		whole.Close()
		return nil, err
	}
	if legal != whole {
		legal.owned = closers{legal.owned, whole}
	}
	return legal, nil
}

func legalize(ctx context.Context, e *Entity, sp *spool.Spool) (*Entity, error) {
	return rewrite(ctx, e, sp, rule{
		sealed: func(*Entity) bool { return false },
		field:  everyField,
		fits:   shape.legal,
		labels: map[string]string{"binary": "8bit"},
		leaf:   encodeLeaf,
	})
}
