package smime

// This file does base64 (RFC 2045 §6.8) in large pieces: this is what large messages are bound by.

import (
	"bytes"
	"io"

	"github.com/segmentio/asm/base64"
)

const (
	lineOctets  = 57        // become one line
	batchOctets = 57 << 10  // encoded at once: whole lines
	decodeChunk = 128 << 10 // read at once
)

// base64Writer writes what is written to it as base64 lines of 76 characters,
// each with CRLF. Close writes the last line, not more.
type base64Writer struct {
	dst     io.Writer
	pending []byte // less than one batch
	lines   []byte // the last batch, encoded
}

func newBase64Writer(dst io.Writer) *base64Writer { return &base64Writer{dst: dst} }

// Write keeps what does not fill a batch.
func (w *base64Writer) Write(p []byte) (int, error) {
	n := len(p)
	for len(w.pending)+len(p) >= batchOctets {
		batch := p[:batchOctets-len(w.pending)]
		p = p[len(batch):]
		if len(w.pending) > 0 { // else straight from p
			w.pending = append(w.pending, batch...)
			batch = w.pending
		}
		if err := w.flush(batch); err != nil {
			return 0, err
		}
		w.pending = w.pending[:0]
	}
	w.pending = append(w.pending, p...)
	return n, nil
}

// Close writes what is left.
func (w *base64Writer) Close() error {
	if len(w.pending) == 0 {
		return nil
	}
	last := w.pending
	w.pending = w.pending[:0]
	return w.flush(last)
}

// flush encodes to the end of the buffer and moves the lines to its beginning,
// with their ends between them.
func (w *base64Writer) flush(batch []byte) error {
	n := base64.StdEncoding.EncodedLen(len(batch))
	ends := (n + lineLength - 1) / lineLength * 2
	w.lines = grown(w.lines, n+ends)
	enc := w.lines[ends:]
	base64.StdEncoding.Encode(enc, batch)
	out := w.lines[:0]
	for ; len(enc) > lineLength; enc = enc[lineLength:] {
		out = append(append(out, enc[:lineLength]...), '\r', '\n')
	}
	out = append(append(out, enc...), '\r', '\n')
	_, err := w.dst.Write(out)
	return err
}

// decodeBase64 writes what the base64 text in src means to dst. White space is
// skipped anywhere; any other character, missing padding, or data after it is
// ErrMalformed: who signs or encrypts writes none of them.
func decodeBase64(dst io.Writer, src io.Reader) error {
	n := bufferSize(src, decodeChunk)
	buf := make([]byte, n)
	d := base64Decoder{dst: dst, out: make([]byte, n+4), text: make([]byte, 0, n+4)}
	for {
		n, err := io.ReadFull(src, buf)
		d.text = appendText(d.text, buf[:n])
		if err := d.drain(err != nil); err != nil {
			return err
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return err
		}
	}
}

type base64Decoder struct {
	dst   io.Writer
	text  []byte // without line breaks, not yet decoded
	out   []byte
	ended bool // the padding was decoded
}

// appendText appends p without line breaks.
func appendText(dst, p []byte) []byte {
	for len(p) > 0 {
		line := p
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			line = p[:i]
			p = p[i+1:]
		} else {
			p = nil
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		dst = append(dst, line...)
	}
	return dst
}

// drain decodes all whole groups but the last, which may have the padding; at
// the end that too.
func (d *base64Decoder) drain(atEnd bool) error {
	if d.ended {
		d.text = withoutBlanks(d.text)
		if len(d.text) > 0 {
			return malformed("base64 that goes on after its padding")
		}
		return nil
	}
	whole := len(d.text) - 1
	if atEnd {
		whole = len(d.text)
	}
	if whole &^= 3; whole <= 0 && !(atEnd && len(d.text) > 0) {
		return nil
	}
	n, err := base64.StdEncoding.Decode(d.out, d.text[:whole])
	if err != nil || atEnd && whole != len(d.text) {
		was := len(d.text)
		d.text = withoutBlanks(d.text)
		if len(d.text) == was {
			return malformed("base64 that is not well-formed")
		}
		return d.drain(atEnd)
	}
	d.ended = whole > 0 && d.text[whole-1] == '='
	d.text = append(d.text[:0], d.text[whole:]...)
	_, err = d.dst.Write(d.out[:n])
	return err
}

// withoutBlanks removes what is neither text nor a whole line break.
func withoutBlanks(p []byte) []byte {
	kept := p[:0]
	for _, c := range p {
		if c != ' ' && c != '\t' && c != '\r' {
			kept = append(kept, c)
		}
	}
	return kept
}

func grown(p []byte, n int) []byte {
	if cap(p) < n {
		return make([]byte, n)
	}
	return p[:n]
}
