package proxy

// This file refuses what makes SMTP smuggling possible: line ends other than
// CRLF in DATA (RFC 5321 §2.3.8); and 8-bit text where it may not go.

import (
	"bytes"
	"errors"
	"io"
)

// The refusals of a bare CR or LF, and of 8-bit text.
var (
	errBareLineEnd = errors.New("proxy: bare CR or LF in the message")
	errEightBit    = errors.New("proxy: 8-bit text in the message")
)

// strictWriter passes text on and fails at the first bare CR or LF.
type strictWriter struct {
	w     io.Writer
	cr    bool // the octet before was CR
	seven bool // fail at 8-bit text, too (RFC 6152 §3)
}

func (s *strictWriter) Write(p []byte) (int, error) {
	if s.seven && bytes.IndexFunc(p, func(r rune) bool { return r > '~'+1 }) >= 0 {
		return 0, errEightBit
	}
	for rest := p; len(rest) > 0; {
		if s.cr && rest[0] != '\n' {
			return 0, errBareLineEnd
		}
		i := bytes.IndexByte(rest, '\n')
		line := rest
		if i >= 0 {
			line = rest[:i]
		}
		if n := bytes.IndexByte(line, '\r'); n >= 0 && n != len(line)-1 {
			return 0, errBareLineEnd
		}
		ends := len(line) > 0 && line[len(line)-1] == '\r' || len(line) == 0 && s.cr
		if i < 0 {
			s.cr = ends
			break
		}
		if !ends {
			return 0, errBareLineEnd
		}
		s.cr = false
		rest = rest[i+1:]
	}
	return s.w.Write(p)
}
