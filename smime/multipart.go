// Multipart bodies taken apart to the byte, in linear time (RFC 2046 §5.1).

package smime

import (
	"bytes"
	"io"
	"strings"
)

// delimiter is one boundary line. All offsets count from the beginning of the entity.
type delimiter struct {
	before int64 // where the content before it ends: the line end in front of the line is part of the delimiter
	line   int64 // where the line begins
	after  int64 // where the content after it begins
	odd    bool  // blanks follow the boundary on its line, or one of its line ends is LF
	last   bool  // the close delimiter
}

// multipart is what a multipart body consists of. Parts and delimiters
// alternate; without a close delimiter the last part ends with the body.
type multipart struct {
	delimiters []delimiter
	parts      []*Entity
}

// Parts returns the parts of a multipart entity, nil if it is none. The line end
// before a delimiter belongs to the delimiter. Multiparts without a boundary or
// beyond a bound are ErrMalformed.
func (e *Entity) Parts() ([]*Entity, error) {
	m, err := e.multipart()
	if m == nil || err != nil {
		return nil, err
	}
	return m.parts, nil
}

func (e *Entity) multipart() (*multipart, error) {
	media, params := e.ContentType()
	if e.split != nil || !strings.HasPrefix(media, "multipart/") {
		return e.split, nil
	}
	boundary := strings.TrimRight(params["boundary"], " \t")
	if boundary == "" || len(boundary) > maxBoundary {
		return nil, malformed("%s with a boundary of %d octets", media, len(boundary))
	}
	m := &multipart{}
	var err error
	if m.delimiters, err = e.delimiters("--" + boundary); err != nil {
		return nil, err
	}
	if len(m.delimiters) == 0 {
		return nil, malformed("%s without its boundary", media)
	}
	for i, d := range m.delimiters {
		end := e.size
		if i+1 < len(m.delimiters) {
			end = max(d.after, m.delimiters[i+1].before)
		}
		if d.last {
			break
		}
		p, err := e.child(d.after, end)
		if err != nil {
			return nil, err
		}
		p.digest = media == "multipart/digest"
		m.parts = append(m.parts, p)
	}
	e.split = m
	return m, nil
}

// scanWindow is how much of the body is looked at at once.
const scanWindow = 16 << 10

// delimiters finds the boundary lines. dash is the boundary with its two
// hyphens. A line that only begins with it is none: mailers nest boundaries
// that are prefixes of each other.
func (e *Entity) delimiters(dash string) (found []delimiter, err error) {
	const ahead = 2 + maxPadding + 2 // "--", blanks, line end
	var (
		needle = []byte(dash)
		base   = e.body // where the window begins
		buf    = make([]byte, min(scanWindow, e.size-e.body))
		window []byte
	)
	load := func(at int64) error {
		base = at
		window = buf[:min(int64(len(buf)), e.size-at)]
		return readFull(e.r, window, e.off+at)
	}
	if err := load(base); err != nil {
		return nil, err
	}
	for i := 0; ; {
		atEnd := base+int64(len(window)) == e.size
		k := bytes.Index(window[i:], needle)
		if k < 0 {
			if atEnd {
				return found, nil
			}
			// The needle may begin in the last octets; two more are kept for
			// the line end in front of it.
			keep := min(len(window), len(needle)+2)
			i = max(i-(len(window)-keep), 2)
			if err := load(base + int64(len(window)-keep)); err != nil {
				return nil, err
			}
			continue
		}
		if i += k; !atEnd && len(window)-i < len(needle)+ahead {
			if err := load(base + int64(i) - 2); err != nil {
				return nil, err
			}
			i = 2
			continue
		}
		d, length, ok := delimiterAt(window, i, len(needle), atEnd, base == e.body)
		if !ok {
			i += len(needle)
			continue
		}
		d.before, d.line, d.after = d.before+base, base+int64(i), base+int64(i+length)
		if found = append(found, d); d.last {
			return found, nil
		}
		if len(found) > maxParts {
			return nil, malformed("more than %d parts", maxParts)
		}
		i += length
	}
}

// delimiterAt tells whether the needle at window[i] is a boundary line, and how
// long that is. atStart says that the window begins with the body.
func delimiterAt(window []byte, i, needle int, atEnd, atStart bool) (d delimiter, length int, ok bool) {
	switch {
	case i == 0 && atStart:
	case i > 0 && window[i-1] == '\n':
		d.before = int64(i - 1)
		if d.odd = true; i > 1 && window[i-2] == '\r' {
			d.before, d.odd = d.before-1, false
		}
	default:
		return d, 0, false
	}
	rest := window[i+needle:]
	if d.last = bytes.HasPrefix(rest, []byte("--")); d.last {
		rest = rest[2:]
	}
	line := bytes.TrimLeft(rest[:min(len(rest), maxPadding)], " \t")
	d.odd = d.odd || len(line) != min(len(rest), maxPadding)
	rest = rest[min(len(rest), maxPadding)-len(line):]
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		rest = rest[2:]
	case bytes.HasPrefix(rest, []byte("\n")):
		rest, d.odd = rest[1:], true
	case !atEnd || len(rest) > 0:
		return d, 0, false
	}
	return d, len(window) - i - len(rest), true
}

// gap reads the bytes from one offset of the entity to another.
func (e *Entity) gap(from, to int64) *io.SectionReader {
	return io.NewSectionReader(e.r, e.off+from, to-from)
}
