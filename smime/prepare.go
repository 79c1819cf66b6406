package smime

// This file makes a message safe for signing (RFC 8551 §3.1).

import (
	"context"

	"sealgate/spool"
)

// PrepareOptions is what Prepare needs.
type PrepareOptions struct {
	// Omit reports whether a field of an inner part, or of a message in it, is left out; nil
	// leaves all of them. Programs repeat a message's header in its first part, with
	// fields that are not for who gets the message.
	Omit  func(Field) bool
	Spool *spool.Spool
}

// Prepare returns the entity to sign: the Content-* fields of e and its body,
// every leaf of which is such that nobody on the way has a reason to change it:
// 7-bit, lines of at most 76 characters, no blanks at their ends, none that
// begins with "From ". Other leaves become quoted-printable or base64. Text around the
// parts of a multipart goes: GMime writes a signed multipart anew before it verifies, and
// loses it. A boundary that begins another one, or with another one, is replaced, and fields
// of parts become 7-bit. A message without a Content-Type gets that of a plain text. What is
// signed or encrypted already stays as it is. A body that cannot be made safe is an
// ErrMalformed.
//
// The result reads from e: close it before e. Closing it does not close e. When ctx
// ends, so does Prepare, with its error.
func Prepare(ctx context.Context, e *Entity, o PrepareOptions) (*Entity, error) {
	if err := needs(e, o.Spool); err != nil {
		return nil, err
	}
	all, err := boundariesOf(ctx, e)
	if err != nil {
		return nil, err
	}
	kind, err := untypedAs(ctx, e, o.Spool)
	if err != nil {
		return nil, err
	}
	content, err := rewrite(ctx, e, o.Spool, rule{
		sealed: isSealed,
		field:  o.keeps,
		fits:   shape.safe,
		labels: map[string]string{"8bit": "7bit", "binary": "7bit"},
		leaf:   encodeLeaf,
		refuse: true,
		within: true,
		narrow: true,
		apart:  all,
		kind:   kind,
	})
	if err != nil {
		return nil, err
	}
	if content == e {
		same := *e
		same.owned = nil
		content = &same
	}
	content.ready = true
	return content, nil
}

// keeps reports whether a field is in what is signed: Content-* move inside,
// MIME-Version and the rest stay outside (RFC 8551 §3.1).
func (o PrepareOptions) keeps(f Field, at position) bool {
	if at == root {
		return isContent(f.Name)
	}
	return o.Omit == nil || !o.Omit(f)
}

// isSealed tells what re-encoding would break or lay open.
func isSealed(e *Entity) bool {
	switch media, _ := e.ContentType(); media {
	case "multipart/signed", "multipart/encrypted":
		return true
	default:
		return isPKCS7(media)
	}
}
