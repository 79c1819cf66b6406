package smime

// This file takes multipart bodies apart to the octet, in linear time (RFC 2046 §5.1).

import (
	"bytes"
	"context"
	"io"
	"strings"
)

// Parts returns the parts of a multipart entity, nil if it is none. The line end
// before a delimiter belongs to the delimiter. Multiparts without a boundary or
// beyond a bound are ErrMalformed.
func (e *Entity) Parts() ([]*Entity, error) { return e.partsWithin(context.Background()) }

func (e *Entity) partsWithin(ctx context.Context) ([]*Entity, error) {
	m, err := e.multipart(ctx)
	if m == nil || err != nil {
		return nil, err
	}
	return m.parts, nil
}

// boundary is that of a multipart.
func (e *Entity) boundary() string {
	_, params := e.ContentType()
	return strings.TrimRight(params["boundary"], " \t")
}

func (e *Entity) multipart(ctx context.Context) (*multipart, error) {
	media, _ := e.ContentType()
	if e.split != nil || !strings.HasPrefix(media, "multipart/") {
		return e.split, nil
	}
	boundary := e.boundary()
	if boundary == "" || len(boundary) > maxBoundary {
		return nil, malformedAt(e.off, "%s with a boundary of %d octets", media, len(boundary))
	}
	delimiters, err := e.delimiters(ctx, "--"+boundary)
	if err != nil {
		return nil, err
	}
	if len(delimiters) == 0 {
		return nil, malformedAt(e.off, "%s without its boundary", media)
	}
	parts, err := e.partsBetween(delimiters, media == "multipart/digest")
	if err != nil {
		return nil, err
	}
	e.split = &multipart{delimiters, parts}
	return e.split, nil
}

// partsBetween parses what lies between the delimiters.
func (e *Entity) partsBetween(delimiters []delimiter, digest bool) (parts []*Entity, err error) {
	for i, d := range delimiters {
		if d.last {
			break
		}
		end := e.size
		if i+1 < len(delimiters) {
			end = max(d.after, delimiters[i+1].before)
		}
		p, err := e.child(d.after, end)
		if err != nil {
			return nil, err
		}
		p.digest = digest
		parts = append(parts, p)
	}
	return parts, nil
}

const (
	scanWindow = 16 << 10           // octets of the body that are looked at at once
	lineAhead  = 2 + maxPadding + 2 // what may follow the boundary: "--", blanks, line end
)

// delimiters finds the boundary lines. dash is the boundary with its two
// hyphens. A line that only begins with it is none: mailers nest boundaries
// that are prefixes of each other.
func (e *Entity) delimiters(ctx context.Context, dash string) (found []delimiter, err error) {
	s := boundaryScanner{ctx: ctx, e: e, needle: []byte(dash), buf: make([]byte, min(scanWindow, e.size-e.body))}
	if err := s.load(e.body); err != nil {
		return nil, err
	}
	for {
		d, ok, err := s.next()
		if err != nil || !ok {
			return found, err
		}
		found = append(found, d)
		if d.last {
			return found, nil
		}
		if len(found) > maxParts {
			return nil, beyondAt(e.off+d.line, "more than %d parts", maxParts)
		}
	}
}

// boundaryScanner goes through a body window by window.
type boundaryScanner struct {
	ctx    context.Context
	e      *Entity
	needle []byte
	buf    []byte
	window []byte // what is looked at
	base   int64  // where it begins
	i      int    // how far it was looked at
}

func (s *boundaryScanner) load(at int64) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	s.base = at
	s.window = s.buf[:min(int64(len(s.buf)), s.e.size-at)]
	return readFull(s.e.r, s.window, s.e.off+at)
}

// slide makes the window begin at window[from].
func (s *boundaryScanner) slide(from int) error {
	s.i -= from
	return s.load(s.base + int64(from))
}

// next finds the next boundary line; ok is false after the last.
func (s *boundaryScanner) next() (d delimiter, ok bool, err error) {
	for {
		atEnd := s.base+int64(len(s.window)) == s.e.size
		k := bytes.Index(s.window[s.i:], s.needle)
		switch {
		case k < 0 && atEnd:
			return d, false, nil
		case k < 0:
			// The needle may begin in the last octets; two more are kept for
			// the line end in front of it.
			keep := min(len(s.window), len(s.needle)+2)
			s.i = max(s.i, len(s.window)-keep+2)
			if err := s.slide(len(s.window) - keep); err != nil {
				return d, false, err
			}
			continue
		}
		if s.i += k; !atEnd && len(s.window)-s.i < len(s.needle)+lineAhead {
			if err := s.slide(s.i - 2); err != nil {
				return d, false, err
			}
			continue
		}
		at := s.i
		d, length, ok := delimiterAt(s.window, at, len(s.needle), atEnd, s.base == s.e.body)
		if !ok {
			s.i += len(s.needle)
			continue
		}
		s.i += length
		d.before = d.before + s.base
		d.line = s.base + int64(at)
		d.after = s.base + int64(s.i)
		return d, true, nil
	}
}

// delimiterAt reports whether the needle at window[i] is a boundary line, and how
// long that is. atStart says that the window begins with the body.
func delimiterAt(window []byte, i, needle int, atEnd, atStart bool) (d delimiter, length int, ok bool) {
	switch {
	case i == 0 && atStart:
	case i > 0 && window[i-1] == '\n':
		d.before = int64(i - 1)
		d.odd = true
		if i > 1 && window[i-2] == '\r' {
			d.before = d.before - 1
			d.odd = false
		}
	default:
		return d, 0, false
	}
	rest := window[i+needle:]
	d.last = bytes.HasPrefix(rest, []byte("--"))
	if d.last {
		rest = rest[2:]
	}
	line := bytes.TrimLeft(rest[:min(len(rest), maxPadding)], " \t")
	d.odd = d.odd || len(line) != min(len(rest), maxPadding)
	rest = rest[min(len(rest), maxPadding)-len(line):]
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		rest = rest[2:]
	case bytes.HasPrefix(rest, []byte("\n")):
		rest = rest[1:]
		d.odd = true
	case !atEnd || len(rest) > 0:
		return d, 0, false
	}
	return d, len(window) - i - len(rest), true
}

// gap reads the bytes from one offset of the entity to another.
func (e *Entity) gap(from, to int64) *io.SectionReader {
	return io.NewSectionReader(e.r, e.off+from, to-from)
}
