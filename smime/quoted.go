package smime

// This file does quoted-printable (RFC 2045 §6.7), octet for octet both ways.

import (
	"bufio"
	"bytes"
	"io"
)

// decodeQuoted writes what the quoted-printable text in src means to dst. A "="
// that begins no escape stands for itself, as readers have it. Line ends stay
// as they are.
func decodeQuoted(dst io.Writer, src io.Reader) error {
	size := bufferSize(src, 64<<10)
	r := bufio.NewReaderSize(src, size)
	w := bufio.NewWriterSize(dst, size)
	var cut []byte // an escape of which the rest comes with the next read
	for {
		line, err := r.ReadSlice('\n')
		if len(cut) > 0 {
			line = append(cut, line...)
			cut = nil
		}
		if i := bytes.LastIndexByte(line, '='); err == bufio.ErrBufferFull && i >= 0 && i > len(line)-3 {
			cut = bytes.Clone(line[i:])
			line = line[:i]
		}
		w.Write(unquote(line)) // bufio keeps the error for Flush
		switch err {
		case nil, bufio.ErrBufferFull:
		case io.EOF:
			return w.Flush()
		default:
			return err
		}
	}
}

// unquote decodes one line in place.
func unquote(line []byte) []byte {
	text := line
	end := 0
	if bytes.HasSuffix(text, []byte("\n")) {
		end = 1
		if bytes.HasSuffix(text, []byte("\r\n")) {
			end = 2
		}
		// Blanks at the end of a line come from transport (rule 3).
		text = bytes.TrimRight(text[:len(text)-end], " \t")
		if bytes.HasSuffix(text, []byte("=")) {
			text = text[:len(text)-1]
			end = 0
		}
	}
	ending := line[len(line)-end:]
	out := line[:0]
	for len(text) > 0 {
		i := bytes.IndexByte(text, '=')
		if i < 0 {
			out = append(out, text...)
			break
		}
		out = append(out, text[:i]...)
		if c, ok := escape(text[i:]); ok {
			out = append(out, c)
			text = text[i+3:]
		} else {
			out = append(out, '=')
			text = text[i+1:]
		}
	}
	return append(out, ending...)
}

func escape(s []byte) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	hi, ok1 := hexDigit(s[1])
	lo, ok2 := hexDigit(s[2])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// encodeQuoted writes src as quoted-printable lines of at most 76 characters.
// CRLF is a line break, any other CR or LF is escaped, as is all that mail
// transport might change: blanks at the end of a line, "From " and "." at its
// beginning (RFC 2049 §3).
func encodeQuoted(dst io.Writer, src io.Reader) error {
	size := bufferSize(src, 64<<10)
	q := quoter{w: bufio.NewWriterSize(dst, size)}
	r := bufio.NewReaderSize(src, size)
	for {
		line, err := r.ReadSlice('\n')
		whole := bytes.HasSuffix(line, []byte("\r\n"))
		text := line
		if whole {
			text = line[:len(line)-2]
		}
		if last := len(text) - 1; err == bufio.ErrBufferFull && bytes.IndexByte([]byte(" \t\r"), text[last]) >= 0 {
			r.UnreadByte() // the end of the line may come next
			text = text[:last]
		}
		q.text(text, err != bufio.ErrBufferFull)
		switch {
		case whole:
			q.w.WriteString("\r\n")
			q.column = 0
		case err == nil, err == bufio.ErrBufferFull:
		case err == io.EOF:
			return q.w.Flush()
		default:
			return err
		}
	}
}

type quoter struct {
	w      *bufio.Writer
	column int
}

const hexDigits = "0123456789ABCDEF"

// text writes a line or a part of one; atEnd says that its end is that of the line.
func (q *quoter) text(text []byte, atEnd bool) {
	for i, c := range text {
		last := i == len(text)-1
		plain := c > ' ' && c < 0x7f && c != '=' || (c == ' ' || c == '\t') && !(last && atEnd)
		if q.column == 0 && (c == '.' || c == 'F' && bytes.HasPrefix(text[i:], []byte("From "))) {
			plain = false
		}
		width := 1
		if !plain {
			width = 3
		}
		if q.column+width > lineLength-1 { // one is left for the soft break
			q.w.WriteString("=\r\n")
			q.column = 0
			if c == '.' || c == 'F' {
				plain = false
				width = 3
			}
		}
		if plain {
			q.w.WriteByte(c)
		} else {
			q.w.WriteByte('=')
			q.w.WriteByte(hexDigits[c>>4])
			q.w.WriteByte(hexDigits[c&15])
		}
		q.column += width
	}
}
