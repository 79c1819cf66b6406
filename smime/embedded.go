package smime

// This file walks over the headers that stand inside a message: of parts, and of messages that
// are attached, forwarded or returned.

import (
	"context"
	"errors"
	"strings"

	"sealgate/spool"
)

// maxEncoded bounds how many encodings within each other are undone to look for
// headers. RFC 2046 §5.2.1 allows none around a message, RFC 6532 §3.5 allows one.
const maxEncoded = 4

// Embedded calls visit with each header that stands inside e: those of its parts,
// of messages in it (message/rfc822; RFC 6532 §3.7 message/global), of returned
// headers (RFC 6522 §4), receipts (RFC 8098 §3.1), complaints (RFC 5965 §3)
// and delivery reports with their groups of fields for each recipient (RFC 3464 §2.1).
// What cannot be taken apart is passed over, as a reader passes over it; an ErrBeyond
// says that there may be more.
func Embedded(ctx context.Context, e *Entity, sp *spool.Spool, visit func([]Field)) error {
	if err := needs(e, sp); err != nil {
		return err
	}
	search := headerSearch{ctx: ctx, spool: sp, visit: visit}
	return search.headersOf(e, 0)
}

// headerSearch is one search.
type headerSearch struct {
	ctx   context.Context
	spool *spool.Spool
	visit func([]Field)
}

// headersOf looks into a multipart, or into what holds a header. encoded is how many
// encodings were undone to reach e.
func (s *headerSearch) headersOf(e *Entity, encoded int) error {
	media, _ := e.ContentType()
	switch {
	case strings.HasPrefix(media, "multipart/"):
		return s.parts(e, encoded)
	case holdsHeader(e, media):
		return s.body(e, encoded)
	}
	return nil
}

func (s *headerSearch) parts(e *Entity, encoded int) error {
	parts, err := e.Parts()
	if err != nil {
		return passOver(err)
	}
	for _, p := range parts {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		s.visit(p.Fields)
		if err := s.headersOf(p, encoded); err != nil {
			return err
		}
	}
	return nil
}

// holdsHeader reports whether the body of e begins with a header. Programs attach
// messages under other media types as well, with the usual name.
func holdsHeader(e *Entity, media string) bool {
	switch media {
	case "message/rfc822", "message/global", "message/rfc822-headers", "message/global-headers", "text/rfc822-headers",
		"message/disposition-notification", "message/global-disposition-notification",
		"message/delivery-status", "message/global-delivery-status", "message/feedback-report":
		return true
	}
	return e.named(func(name string) bool { return strings.HasSuffix(name, ".eml") })
}

// body reads the header at the beginning of e's body and goes on inside it.
func (s *headerSearch) body(e *Entity, encoded int) error {
	encoding := e.encoding()
	if encoding != "base64" && encoding != "quoted-printable" {
		return s.message(e, encoded)
	}
	if encoded == maxEncoded {
		return beyondAt(e.off, "more than %d messages encoded within each other", maxEncoded)
	}
	c, err := decode(s.ctx, e, encoding, s.spool)
	if err != nil {
		return passOver(err)
	}
	defer c.Close()
	return s.message(&Entity{r: c, size: c.size, depth: e.depth, count: e.count}, encoded+1)
}

// message visits the header of the message that is e's body.
func (s *headerSearch) message(e *Entity, encoded int) error {
	m, err := e.message()
	if err != nil {
		return passOver(err)
	}
	s.visit(m.Fields)
	if media, _ := e.ContentType(); strings.HasSuffix(media, "delivery-status") {
		return s.groups(m)
	}
	return s.headersOf(m, encoded)
}

// groups visits the groups of fields behind the first, one for each recipient. What does
// not begin with a field or an empty line is no group, and the end of them.
func (s *headerSearch) groups(first *Entity) error {
	for group := first; group.body > 0 && group.body < group.size; {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		next, err := group.behind()
		if err != nil {
			return passOver(err)
		}
		s.visit(next.Fields)
		group = next
	}
	return nil
}

// passOver is the error that ends a search: what is malformed is a leaf to readers.
func passOver(err error) error {
	if errors.Is(err, ErrBeyond) {
		return err
	}
	return ignoreMalformed(err)
}
