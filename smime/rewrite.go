package smime

// This file writes a message anew where it has to be, and nowhere else.

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"

	"sealgate/internal/contextio"
	"sealgate/spool"
)

// position is where an entity stands.
type position int

const (
	root    position = iota
	part             // of a multipart
	message          // in a message/rfc822
)

// rule is why something is written anew.
type rule struct {
	sealed func(*Entity) bool         // stays, whatever is in it
	field  func(Field, position) bool // stays
	fits   func(shape) bool           // a body of this shape stays
	labels map[string]string          // transfer encodings without effect, and what they become
	leaf   func(*rewriter, *Entity, position) error
	within bool       // goes into messages also when they fit
	refuse bool       // a multipart that cannot be taken apart
	narrow bool       // a multipart is its parts alone, without text around them; fields have 7 bits
	apart  boundaries // of the whole: one that another begins with is replaced
	single bool       // the first Content-* field of a name is the only one: readers differ in which they believe
}

// rewriter puts the new message together from stretches of the old one and from
// what it writes to a file of its own.
type rewriter struct {
	ctx context.Context
	rule
	sp      *spool.Spool
	file    *spool.File
	out     joined
	changed bool
}

// rewrite applies the rule to e. The result reads from e, which must be closed
// after it, and owns what was written. It is e itself when nothing changes.
func rewrite(ctx context.Context, e *Entity, sp *spool.Spool, r rule) (*Entity, error) {
	w := &rewriter{ctx: ctx, rule: r, sp: sp, file: sp.Create()}
	err := w.entity(e, root)
	if err != nil {
		w.file.Close()
		return nil, err
	}
	if !w.changed {
		w.file.Close()
		return e, nil
	}
	return w.result()
}

// result is the entity that was written, which owns the file.
func (w *rewriter) result() (*Entity, error) {
	n := &Entity{r: &w.out, size: w.out.size, count: new(int), owned: w.file}
	var err error
	// What was folded is longer than it was, within the bounds though it came.
	if n.Fields, n.body, err = readHeader(n.r, 0, n.size, 2*maxHeader); err != nil {
		w.file.Close()
		return nil, err
	}
	return n, nil
}

// keep takes octets of e as they are.
func (w *rewriter) keep(e *Entity, from, to int64) { w.out.add(e.r, e.off+from, to-from) }

// source is what is read of e, for as long as the context allows.
func (w *rewriter) source(s *io.SectionReader) io.Reader { return contextio.NewReader(w.ctx, s) }

// Write appends new octets.
func (w *rewriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.out.add(w.file, w.file.Size()-int64(n), int64(n))
	w.changed = true
	return n, err
}

func (w *rewriter) entity(e *Entity, at position) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	media, _ := e.ContentType()
	if w.sealed(e) {
		return w.verbatim(e, at, "")
	}
	if strings.HasPrefix(media, "multipart/") {
		m, err := e.multipart(w.ctx)
		if err == nil {
			return w.multipart(e, m, at)
		}
		if !errors.Is(err, ErrMalformed) {
			return err
		}
	}
	if _, plain := identity[e.encoding()]; media == "message/rfc822" && plain {
		return w.message(e, at)
	}
	return w.leaf(w, e, at)
}

// identity are the transfer encodings that encode nothing.
var identity = map[string]bool{"7bit": true, "8bit": true, "binary": true}

// verbatim takes the body as it is, under a label that is true.
func (w *rewriter) verbatim(e *Entity, at position, encoding string) error {
	if err := w.header(e, at, encoded(encoding)); err != nil {
		return err
	}
	w.keep(e, e.body, e.size)
	return nil
}

// multipart writes the parts, and the delimiters between them as they are. Text
// before the first and after the last that does not fit is left out: no reader
// shows it (RFC 2046 §5.1.1). Nor is it kept where the rule wants the parts alone.
func (w *rewriter) multipart(e *Entity, m *multipart, at position) error {
	fields := encoded(w.labels[e.encoding()])
	boundary := ""
	if fresh := newBoundary(); w.apart.confuse(e.boundary()) && e.typeWith(fresh) != "" {
		boundary = fresh
		fields = fields.with("content-type", e.typeWith(boundary))
	}
	if err := w.header(e, at, fields); err != nil {
		return err
	}
	at0 := m.delimiters[0].line
	if err := w.aside(e, e.body, at0); err != nil {
		return err
	}
	for i, d := range m.delimiters {
		if err := w.delimiter(e, at0, d, boundary); err != nil {
			return err
		}
		if at0 = d.after; d.last {
			return w.aside(e, at0, e.size)
		}
		p := m.parts[i]
		if err := w.entity(p, part); err != nil {
			return err
		}
		at0 = p.off - e.off + p.size
	}
	return nil
}

// delimiter writes a boundary line from the line end in front of it on: without
// blanks after the boundary, which somebody on the way might take away, and with
// CRLF; with the new boundary, unless that is "".
func (w *rewriter) delimiter(e *Entity, from int64, d delimiter, boundary string) error {
	if !d.odd && boundary == "" {
		w.keep(e, from, d.after)
		return nil
	}
	line := "--" + cmp.Or(boundary, e.boundary())
	if d.last {
		line += "--"
	}
	if from < d.line {
		line = "\r\n" + line
	}
	_, err := w.Write([]byte(line + "\r\n"))
	return err
}

// aside keeps a preamble or an epilogue if it fits.
func (w *rewriter) aside(e *Entity, from, to int64) error {
	if w.narrow {
		w.changed = w.changed || from < to
		return nil
	}
	s, err := measure(w.source(e.gap(from, to)))
	if err != nil {
		return err
	}
	if w.fits(s) {
		w.keep(e, from, to)
	} else {
		w.changed = true
	}
	return nil
}

// message writes a message within the message: as it is if that fits, else its
// parts one by one, since it may not be encoded whole (RFC 2046 §5.2.1).
func (w *rewriter) message(e *Entity, at position) error {
	s, err := measure(w.source(e.Body()))
	if err != nil {
		return err
	}
	if w.fits(s) && !w.within {
		return w.verbatim(e, at, w.labels[e.encoding()])
	}
	inner, err := e.message()
	if errors.Is(err, ErrMalformed) {
		return w.leaf(w, e, at)
	}
	if err != nil {
		return err
	}
	if err := w.header(e, at, encoded(w.labels[e.encoding()])); err != nil {
		return err
	}
	return w.entity(inner, message)
}
