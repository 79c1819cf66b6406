package proxy

// This file refuses what makes SMTP smuggling possible: line ends other than
// CRLF in DATA (RFC 5321 §2.3.8).

import (
	"bytes"
	"errors"
	"io"
)

// errBareLineEnd is the refusal of a bare CR or LF.
var errBareLineEnd = errors.New("proxy: bare CR or LF in the message")

// strictWriter passes text on and fails at the first bare CR or LF.
type strictWriter struct {
	w  io.Writer
	cr bool // the octet before was CR
}

func (s *strictWriter) Write(p []byte) (int, error) {
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
		s.cr, rest = false, rest[i+1:]
	}
	return s.w.Write(p)
}

// end tells whether the text stops in the middle of a CRLF.
func (s *strictWriter) end() error {
	if s.cr {
		return errBareLineEnd
	}
	return nil
}
