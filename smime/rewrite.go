package smime

// This file writes a message anew where it has to be, and nowhere else.

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"sealgate/spool"
)

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
	if w.apart.confuse(e.boundary()) {
		fresh := newBoundary()
		value := e.typeWith(fresh)
		if value != "" {
			boundary = fresh
			fields = fields.with("content-type", value)
		}
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
		at0 = d.after
		if d.last {
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

// message writes a message within the message: as it is if that fits and the rule does not
// look within it, else its parts one by one, since it may not be encoded whole (RFC 2046 §5.2.1).
func (w *rewriter) message(e *Entity, at position) error {
	if !w.within {
		s, err := measure(w.source(e.Body()))
		if err != nil {
			return err
		}
		if w.fits(s) {
			return w.verbatim(e, at, w.labels[e.encoding()])
		}
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
