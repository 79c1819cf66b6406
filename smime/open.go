package smime

// This file undoes layer after layer (RFC 8551 §3.7, RFC 2634 §1.1).

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sealgate/internal/effort"
	"sealgate/smime/cms"
)

// Open undoes the layers of the size octets in msg, a message with CRLF (or LF)
// line ends. Only the root entity is unwrapped. What a sender can cause is told
// in the Message; an error is a fault of ours: the spool is full, ctx is done,
// msg cannot be read. The Message reads msg until it is closed.
func Open(ctx context.Context, msg io.ReaderAt, size int64, o OpenOptions) (*Message, error) {
	if o.Spool == nil {
		return nil, errNoSpool
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = maxLayers
	}
	if o.MaxExpanded <= 0 {
		o.MaxExpanded = maxExpanded
	}
	o.MaxExpanded = min(o.MaxExpanded, max(minExpanded, maxExpandedPerByte*size))
	outer, err := ParseEntity(msg, size)
	if errors.Is(err, ErrMalformed) {
		outer = opaqueEntity(msg, size)
		return &Message{Outer: outer, Inner: outer, Malformed: err}, nil
	}
	if err != nil {
		return nil, err
	}
	op := &opener{
		ctx:  effort.Ensure(ctx),
		o:    o,
		m:    &Message{Outer: outer, Inner: outer},
		hash: hashed(o.MaxExpanded, size),
	}
	err = op.open()
	if op.endTurn != nil {
		op.endTurn()
	}
	if err != nil {
		op.m.Close()
		if op.decrypting {
			err = fmt.Errorf("%w: %w", ErrDecrypting, err)
		}
		return nil, err
	}
	return op.m, nil
}

func (op *opener) open() error {
	if err := op.unwrap(); err != nil {
		return err
	}
	op.m.covers()
	if err := op.m.protectedHeader(); err != nil {
		return err
	}
	return op.m.lookBelow(op.ctx, op.m.Inner)
}

// unwrap undoes layers until there is none, or one that cannot be undone.
func (op *opener) unwrap() error {
	for {
		if err := op.ctx.Err(); err != nil {
			return err
		}
		inner, err := op.layer(op.m.Inner)
		if err != nil || inner == nil {
			return err
		}
		op.replace(inner)
	}
}

// replace goes one layer inwards. The file of the layer around is closed unless
// the inner entity is a view on it.
func (op *opener) replace(inner *Entity) {
	around := op.m.Inner
	op.m.Inner = inner
	if around == op.m.Outer {
		return
	}
	if inner.r == around.r {
		inner.owned = around.owned
		around.owned = nil
		return
	}
	around.Close()
}

// layer undoes one layer and returns what is inside, nil when there is none or
// when it cannot be undone.
func (op *opener) layer(e *Entity) (*Entity, error) {
	content, signature, err := e.detached(op.ctx)
	claims := claimOf(e)
	switch {
	case err != nil:
		return nil, op.fail(Layer{Type: SignedDetached}, err)
	case content == nil && claims == claimsNothing:
		return nil, nil
	case len(op.m.Layers) >= op.o.MaxDepth:
		op.m.Malformed = op.located(malformed("more than %d layers", op.o.MaxDepth))
		return nil, nil
	}
	if op.m.Ambiguous == nil {
		why, err := e.ambiguous(op.ctx)
		if err != nil {
			return nil, err
		}
		op.m.Ambiguous = op.located(why)
	}
	if content != nil {
		return op.detached(content, signature)
	}
	return op.enclosed(e, claims)
}

// enclosed opens an entity that is all CMS. The content type in the CMS counts,
// not smime-type, which is a label.
func (op *opener) enclosed(e *Entity, claims claim) (*Entity, error) {
	inner, err := op.enclosedIn(e, claims, decodeLazily)
	if errors.Is(err, errIrregular) {
		return op.enclosedIn(e, claims, decode)
	}
	return inner, err
}

func (op *opener) enclosedIn(e *Entity, claims claim, decode decoding) (*Entity, error) {
	info, c, err := op.parse(e, decode)
	if errors.Is(err, ErrMalformed) && e == op.m.Outer {
		text, cutErr := e.withoutFooter(op.ctx)
		if cutErr != nil {
			return nil, cutErr
		}
		if text != nil {
			info, c, err = op.parseBeforeFooter(text, err)
		}
	}
	if claims == namedCMS && errors.Is(err, ErrMalformed) {
		return nil, nil // a file that happens to have that name
	}
	if err != nil {
		return nil, op.fail(Layer{Type: labelledType(e)}, err)
	}
	defer c.Close()
	return op.contentInfo(info)
}

// parse reads the CMS in e; its content stays in c.
func (op *opener) parse(e *Entity, decode decoding) (info *cms.ContentInfo, c *content, err error) {
	c, err = decodeCMS(op.ctx, e, decode, op.o.Spool)
	if err != nil {
		return nil, nil, err
	}
	info, err = cms.Parse(c, c.size)
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return info, c, nil
}

// parseBeforeFooter is parse of the outer entity without what was appended to it. When that
// is not CMS either, the error is whole, that of the entity with it.
func (op *opener) parseBeforeFooter(text *Entity, whole error) (*cms.ContentInfo, *content, error) {
	info, c, err := op.parse(text, decode)
	if errors.Is(err, ErrMalformed) {
		return nil, nil, whole
	}
	op.m.LeftOut = err == nil
	return info, c, err
}

func (op *opener) contentInfo(info *cms.ContentInfo) (*Entity, error) {
	switch {
	case info.Enveloped != nil:
		return op.enveloped(info.Enveloped)
	case info.Compressed != nil:
		return op.compressed(info.Compressed)
	case info.Signed != nil:
		return op.opaque(info.Signed)
	case info.ContentType.Equal(oidEncryptedData):
		return nil, op.fail(Layer{Type: Enveloped}, errSharedKey)
	}
	return nil, op.fail(Layer{Type: SignedOpaque}, malformed("CMS content of type %v is not mail", info.ContentType))
}
