package smime

// This file takes fields out of what stands inside a message, and leaves all else as it is.

import (
	"context"
	"errors"

	"sealgate/spool"
)

// OmitInside returns e without the fields of its parts, and of messages in them, that omit
// names. The header of e itself stays, and so does everything that is signed or encrypted,
// and what cannot be taken apart. It returns e itself when there is no such field; else the
// result reads from e: close it before e.
func OmitInside(ctx context.Context, e *Entity, omit func(Field) bool, sp *spool.Spool) (*Entity, error) {
	if err := needs(e, sp); err != nil {
		return nil, err
	}
	found := false
	without, err := rewrite(ctx, e, sp, rule{
		sealed: isSealed,
		field: func(f Field, at position) bool {
			omitted := at != root && omit(f)
			found = found || omitted
			return !omitted
		},
		fits:   everyShape,
		leaf:   func(w *rewriter, e *Entity, at position) error { return w.verbatim(e, at, "") },
		within: true,
	})
	switch {
	case errors.Is(err, ErrMalformed):
		return e, nil
	case err != nil:
		return nil, err
	case found || without == e:
		return without, nil
	}
	return e, without.Close()
}
