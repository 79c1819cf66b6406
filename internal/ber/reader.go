// Package ber reads BER (X.690) out of an io.ReaderAt, value by value, without
// holding content in memory: definite and indefinite lengths, lengths in more
// octets than needed, strings in segments. What it does not read: tag numbers over
// 30, nesting deeper than MaxDepth, lengths beyond the input.
package ber

import (
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	// MaxDepth bounds nesting. CMS itself needs 12; a certificate in it is
	// skipped whole; segments of segments are the rest.
	MaxDepth = 32

	windowSize = 4 << 10 // octets read ahead
	maxHeader  = 10      // identifier, length of the length, 8 octets of length
)

// Error says what is wrong with the encoding, and where.
type Error struct {
	Offset  int64 // octets from the beginning of the input
	Problem string
	Bound   bool // it may be right, and is more than is read here
}

func (e *Error) Error() string { return fmt.Sprintf("ber: at byte %d: %s", e.Offset, e.Problem) }

// Header is the identifier and length of a value.
type Header struct {
	Tag         cbasn1.Tag // identifier byte: class, constructed, number
	Start, Body int64      // offsets of the identifier and of the contents
	Length      int64      // of the contents in octets; -1: indefinite
}

// Constructed reports whether the value consists of values.
func (h Header) Constructed() bool { return h.Tag&0x20 != 0 }

// container is a constructed value that was entered.
type container struct {
	end        int64 // for an indefinite one: that of the container around it
	indefinite bool
}

// Reader reads the values of one input in order.
type Reader struct {
	src      io.ReaderAt
	pos      int64
	open     []container // the first is the whole input
	window   []byte
	windowAt int64
}

// NewReader reads the first size octets of src.
func NewReader(src io.ReaderAt, size int64) *Reader {
	return &Reader{src: src, open: []container{{end: size}}}
}

// Offset returns where the next value begins.
func (r *Reader) Offset() int64 { return r.pos }

func (r *Reader) fail(problem string) error { return &Error{Offset: r.pos, Problem: problem} }

func (r *Reader) inner() container { return r.open[len(r.open)-1] }

// fill returns n octets at pos, or fewer at the end of the input.
func (r *Reader) fill(pos int64, n int) ([]byte, error) {
	n = int(min(int64(n), r.inner().end-pos))
	if at := pos - r.windowAt; at >= 0 && at+int64(n) <= int64(len(r.window)) {
		return r.window[at : at+int64(n)], nil
	}
	if r.window == nil {
		r.window = make([]byte, min(windowSize, r.open[0].end))
	}
	r.window = r.window[:min(int64(cap(r.window)), r.open[0].end-pos)]
	r.windowAt = pos
	if m, err := r.src.ReadAt(r.window, pos); m < len(r.window) {
		r.window = r.window[:0]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return r.window[:n], nil
}

// More reports whether the container that was entered last, or the input, has another value.
func (r *Reader) More() (bool, error) {
	c := r.inner()
	if r.pos == c.end && !c.indefinite {
		return false, nil
	}
	if !c.indefinite {
		return true, nil
	}
	b, err := r.fill(r.pos, 2)
	if err != nil {
		return false, err
	}
	if len(b) < 2 {
		return false, r.fail("no end of a value of indefinite length")
	}
	return b[0] != 0 || b[1] != 0, nil
}

// Peek returns the next value's tag; 0 when there is none.
func (r *Reader) Peek() (cbasn1.Tag, error) {
	if more, err := r.More(); err != nil || !more {
		return 0, err
	}
	b, err := r.fill(r.pos, 1)
	if err != nil {
		return 0, err
	}
	return cbasn1.Tag(b[0]), nil
}

// Header returns the next value's header and does not move.
func (r *Reader) Header() (Header, error) {
	if more, err := r.More(); err != nil {
		return Header{}, err
	} else if !more {
		return Header{}, r.fail("a value is missing")
	}
	return r.headerAt(r.pos)
}

func (r *Reader) headerAt(pos int64) (Header, error) {
	b, err := r.fill(pos, maxHeader)
	if err != nil {
		return Header{}, err
	}
	bad := func(problem string) (Header, error) { return Header{}, &Error{Offset: pos, Problem: problem} }
	if len(b) < 2 {
		return bad("cut short")
	}
	h := Header{Tag: cbasn1.Tag(b[0]), Start: pos}
	switch {
	case b[0]&0x1f == 0x1f:
		return bad("tag number over 30")
	case b[0] == 0:
		return bad("end-of-contents where there is none")
	case b[1] == 0x80:
		if !h.Constructed() {
			return bad("indefinite length of a primitive value")
		}
		h.Body = pos + 2
		h.Length = -1
		return h, nil
	case b[1] < 0x80:
		h.Body = pos + 2
		h.Length = int64(b[1])
	default:
		digits := int(b[1] & 0x7f)
		if digits > 8 || len(b) < 2+digits {
			return bad("length of the length")
		}
		var length uint64
		for _, d := range b[2 : 2+digits] {
			length = length<<8 | uint64(d)
		}
		if length > 1<<62 {
			return bad("length beyond the input")
		}
		h.Body = pos + 2 + int64(digits)
		h.Length = int64(length)
	}
	if h.Length > r.inner().end-h.Body {
		return bad("length beyond what is around it")
	}
	return h, nil
}

// Enter goes into the next value, which must have the tag and be constructed.
func (r *Reader) Enter(tag cbasn1.Tag) error {
	h, err := r.Header()
	if err != nil {
		return err
	}
	if h.Tag != tag {
		return r.fail(fmt.Sprintf("tag %#x where %#x belongs", uint8(h.Tag), uint8(tag)))
	}
	if len(r.open) > MaxDepth {
		return r.fail("nested too deeply")
	}
	c := container{end: h.Body + h.Length}
	if h.Length < 0 {
		c = container{end: r.inner().end, indefinite: true}
	}
	r.open = append(r.open, c)
	r.pos = h.Body
	return nil
}

// Leave leaves the container that was entered last, which must be at its end.
func (r *Reader) Leave() error {
	more, err := r.More()
	if err != nil {
		return err
	}
	if more {
		return r.fail("a value too many")
	}
	if r.inner().indefinite {
		r.pos += 2
	}
	r.open = r.open[:len(r.open)-1]
	return nil
}

// Skip goes past the next value and returns its header and its end.
func (r *Reader) Skip() (h Header, end int64, err error) {
	h, err = r.Header()
	if err != nil {
		return h, 0, err
	}
	if h.Length >= 0 {
		r.pos = h.Body + h.Length
		return h, r.pos, nil
	}
	limit := r.inner().end
	pos := h.Body
	depth := 1
	for {
		if len(r.open)+depth > MaxDepth+1 {
			return h, 0, &Error{Offset: pos, Problem: "nested too deeply"}
		}
		b, err := r.fill(pos, 2)
		if err != nil {
			return h, 0, err
		}
		if len(b) < 2 {
			return h, 0, &Error{Offset: min(pos, limit), Problem: "no end of a value of indefinite length"}
		}
		if b[0] == 0 && b[1] == 0 {
			pos += 2
			if depth--; depth == 0 {
				r.pos = pos
				return h, pos, nil
			}
			continue
		}
		in, err := r.headerAt(pos)
		if err != nil {
			return h, 0, err
		}
		pos = in.Body + max(in.Length, 0)
		if in.Length < 0 {
			depth++
		}
	}
}

// Raw goes past the next value and returns its encoding as it stands, of at most limit octets.
func (r *Reader) Raw(limit int64) ([]byte, error) {
	h, end, err := r.Skip()
	if err != nil {
		return nil, err
	}
	if end-h.Start > limit {
		return nil, &Error{h.Start, fmt.Sprintf("a structure of more than %d octets", limit), true}
	}
	b := make([]byte, end-h.Start)
	if n, err := r.src.ReadAt(b, h.Start); n < len(b) {
		return nil, err
	}
	return b, nil
}

// smallValue bounds what OID and Int hold in memory: no identifier or serial
// number is longer (RFC 5280 §4.1.2.2: 20 octets).
const smallValue = 4096

func (r *Reader) small(tag cbasn1.Tag, into any) error {
	h, err := r.Header()
	if err != nil {
		return err
	}
	if h.Tag != tag {
		return r.fail(fmt.Sprintf("tag %#x where %#x belongs", uint8(h.Tag), uint8(tag)))
	}
	if h.Length > smallValue {
		return &Error{r.pos, fmt.Sprintf("an identifier or number of more than %d octets", smallValue), true}
	}
	start := r.pos
	raw, err := r.Raw(smallValue + maxHeader)
	if err != nil {
		return err
	}
	minimal := append([]byte{raw[0]}, derLength(h.Length)...)
	if _, err := asn1.Unmarshal(append(minimal, raw[h.Body-h.Start:]...), into); err != nil {
		return &Error{Offset: start, Problem: "bad contents"}
	}
	return nil
}

// OID reads an OBJECT IDENTIFIER.
func (r *Reader) OID() (id asn1.ObjectIdentifier, err error) {
	err = r.small(cbasn1.OBJECT_IDENTIFIER, &id)
	return id, err
}

// Int reads an INTEGER of at most smallValue octets.
func (r *Reader) Int() (*big.Int, error) {
	n := new(big.Int)
	err := r.small(cbasn1.INTEGER, &n)
	return n, err
}
