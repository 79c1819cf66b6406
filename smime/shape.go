package smime

// This file measures a body: what its octets and lines need of those who carry it.

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// maxLine is the longest line of mail without its CRLF (RFC 5322 §2.1.1).
const maxLine = 998

const lineLength = 76 // RFC 2045 §6.8

// shape is what there is in a body.
type shape struct {
	high     int64 // octets over 127
	size     int64
	nul      bool
	bareEnd  bool // a CR or LF that is not part of CRLF
	blankEnd bool // blanks at the end of a line
	from     bool // a line that begins with "From "
	longest  int  // line, without its end
}

// legal: can be sent as it is, to servers with 8BITMIME (RFC 6152).
func (s shape) legal() bool { return !s.nul && !s.bareEnd && s.longest <= maxLine }

// safe: nobody on the way has a reason to change it (RFC 8551 §3.1.3).
func (s shape) safe() bool {
	return s.high == 0 && !s.nul && !s.bareEnd && !s.blankEnd && !s.from && s.longest <= lineLength
}

// measure reads all of r.
func measure(r io.Reader) (s shape, err error) {
	b := bufio.NewReaderSize(r, bufferSize(r, 64<<10))
	length := 0
	cr := false // of the line so far; whether it ends in CR
	for {
		part, err := b.ReadSlice('\n')
		if len(part) > 0 {
			s.part(part, &length, &cr)
		}
		switch err {
		case nil, bufio.ErrBufferFull:
		case io.EOF:
			s.bareEnd = s.bareEnd || cr
			s.longest = max(s.longest, length)
			return s, nil
		default:
			return s, err
		}
	}
}

// measureBytes is measure for what is in memory.
func measureBytes(p []byte) (s shape) {
	length := 0
	cr := false
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n') + 1
		if n == 0 {
			n = len(p)
		}
		s.part(p[:n], &length, &cr)
		p = p[n:]
	}
	s.bareEnd = s.bareEnd || cr
	s.longest = max(s.longest, length)
	return s
}

// part takes a line, or a piece of one that is longer than the buffer.
func (s *shape) part(p []byte, length *int, cr *bool) {
	s.size += int64(len(p))
	s.high += countHigh(p)
	s.nul = s.nul || bytes.IndexByte(p, 0) >= 0
	s.from = s.from || *length == 0 && bytes.HasPrefix(p, []byte("From "))
	if *cr && p[0] != '\n' {
		s.bareEnd = true
	}
	text, ended := bytes.CutSuffix(p, []byte("\n"))
	if ended && len(text) == 0 && !*cr {
		s.bareEnd = true
	}
	if n := len(text); n > 0 {
		*cr = text[n-1] == '\r'
		if *cr {
			text = text[:n-1]
		}
		s.bareEnd = s.bareEnd || ended && !*cr || bytes.IndexByte(text, '\r') >= 0
	}
	*length += len(text)
	if n := len(text); n > 0 && (ended || n < len(p)) {
		s.blankEnd = s.blankEnd || text[n-1] == ' ' || text[n-1] == '\t'
	}
	if ended {
		s.longest = max(s.longest, *length)
		*length = 0
		*cr = false
	}
}

// countHigh counts octets over 127, eight at a time while there are none.
func countHigh(p []byte) (n int64) {
	for len(p) >= 8 {
		if binary.LittleEndian.Uint64(p)&0x8080808080808080 != 0 {
			break
		}
		p = p[8:]
	}
	for _, c := range p {
		n += int64(c >> 7)
	}
	return n
}
