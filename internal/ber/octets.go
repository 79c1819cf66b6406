package ber

// This file streams OCTET STRINGs in any segmentation.

import (
	"io"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	octetString = cbasn1.OCTET_STRING
	constructed = cbasn1.Tag(0x20)
)

// Octets is an OCTET STRING whose octets stay in the input.
type Octets struct {
	src    io.ReaderAt
	header Header
	end    int64 // of the encoding
	depth  int   // of the containers around it
	size   int64
}

// Octets goes past the next value, an OCTET STRING, or one whose IMPLICIT tag
// is given, and looks at each of its segments.
func (r *Reader) Octets(tag cbasn1.Tag) (*Octets, error) {
	h, err := r.Header()
	if err != nil {
		return nil, err
	}
	if h.Tag&^constructed != tag&^constructed {
		return nil, r.fail("no octet string")
	}
	o := &Octets{src: r.src, header: h, end: r.inner().end, depth: len(r.open)}
	s := segments{r: *r}
	for {
		at, n, err := s.next()
		if err != nil {
			return nil, err
		}
		if at < 0 {
			break
		}
		o.size += n
	}
	r.pos = s.r.pos
	r.window = s.r.window
	r.windowAt = s.r.windowAt
	o.end = r.pos
	return o, nil
}

// Size returns the number of octets in the string.
func (o *Octets) Size() int64 { return o.size }

// Offset is where the encoding begins in the input.
func (o *Octets) Offset() int64 { return o.header.Start }

// Bytes returns the whole string, of at most limit octets.
func (o *Octets) Bytes(limit int64) ([]byte, error) {
	if o.size > limit {
		return nil, &Error{o.header.Start, "an octet string that is too long", true}
	}
	b := make([]byte, o.size)
	_, err := io.ReadFull(o.NewReader(), b)
	return b, err
}

// NewReader returns the octets of the string from its beginning.
func (o *Octets) NewReader() io.Reader {
	if !o.header.Constructed() {
		return io.NewSectionReader(o.src, o.header.Body, o.header.Length)
	}
	r := Reader{src: o.src, pos: o.header.Start, open: make([]container, o.depth, MaxDepth+1)}
	for i := range r.open {
		r.open[i].end = o.end
	}
	return &octetsReader{s: segments{r: r}}
}

// octetsReader streams a string in segments.
type octetsReader struct {
	s        segments
	at, left int64 // in the current segment
}

func (o *octetsReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if o.left == 0 {
			o.at, o.left, err = o.s.next()
			if err != nil {
				return n, err
			}
			if o.at < 0 {
				o.left = 0
				if n == 0 {
					return 0, io.EOF
				}
				return n, nil
			}
			continue
		}
		m, err := o.s.r.read(p[n:min(int64(len(p)), int64(n)+o.left)], o.at)
		if err != nil {
			return n, err
		}
		n += m
		o.at += int64(m)
		o.left -= int64(m)
	}
	return n, nil
}

// read reads at least one byte of contents: out of the window if they are
// there or few, so that small segments do not cost a read each.
func (r *Reader) read(p []byte, at int64) (int, error) {
	if in := at - r.windowAt; in >= 0 && in < int64(len(r.window)) {
		return copy(p, r.window[in:]), nil
	}
	if len(p) < windowSize {
		b, err := r.fill(at, len(p))
		return copy(p, b), err
	}
	n, err := r.src.ReadAt(p, at)
	if n == len(p) {
		err = nil
	}
	return n, err
}

// segments walks the segments of one OCTET STRING.
type segments struct {
	r       Reader
	depth   int // of constructed strings that are open
	started bool
}

// next returns where the next segment's octets are; at is -1 after the last.
func (s *segments) next() (at, length int64, err error) {
	for {
		if s.started && s.depth == 0 {
			return -1, 0, nil
		}
		tag, err := s.r.Peek()
		if err != nil {
			return 0, 0, err
		}
		switch {
		case tag == 0 && s.depth > 0:
			if err := s.r.Leave(); err != nil {
				return 0, 0, err
			}
			s.depth--
		case s.started && tag&^constructed != octetString:
			return 0, 0, s.r.fail("something else among the segments of an octet string")
		case tag&constructed != 0:
			if err := s.r.Enter(tag); err != nil {
				return 0, 0, err
			}
			s.depth++
			s.started = true
		default:
			h, _, err := s.r.Skip()
			s.started = true
			return h.Body, h.Length, err
		}
	}
}
