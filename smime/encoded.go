package smime

// This file makes base64 lines where they are read, so that only what they mean is spooled.

import (
	"io"
	"sync"

	"github.com/segmentio/asm/base64"
)

const (
	lineStride = lineLength + 2 // with CRLF
	lineBatch  = 1 << 10        // lines made at once
)

// base64Text reads as the base64 lines of the size octets in src, each with
// CRLF.
type base64Text struct {
	mu   sync.Mutex // guards raw and enc: copies of one message are read at once
	src  io.ReaderAt
	size int64
	raw  []byte
	enc  []byte
}

// length is how long the text is.
func (b *base64Text) length() int64 {
	chars := (b.size + 2) / 3 * 4
	return chars + (chars+lineLength-1)/lineLength*2
}

// ReadAt reads as io.ReaderAt says.
func (b *base64Text) ReadAt(p []byte, off int64) (done int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for end := b.length(); done < len(p) && off < end; {
		n, err := b.encode(p[done:], off)
		if err != nil {
			return done, err
		}
		done = done + n
		off = off + int64(n)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// encode makes the lines from the one that off is in, as many as p or a batch
// takes.
func (b *base64Text) encode(p []byte, off int64) (n int, err error) {
	line := off / lineStride
	skip := int(off % lineStride)
	lines := min(int64(skip+len(p)+lineStride-1)/lineStride, lineBatch)
	b.raw = grown(b.raw, int(min(lines*lineOctets, b.size-line*lineOctets)))
	if err := readFull(b.src, b.raw, line*lineOctets); err != nil {
		return 0, err
	}
	b.enc = grown(b.enc, base64.StdEncoding.EncodedLen(len(b.raw)))
	base64.StdEncoding.Encode(b.enc, b.raw)
	for enc := b.enc; len(enc) > 0 && n < len(p); {
		text := enc[:min(lineLength, len(enc))]
		enc = enc[len(text):]
		n += copy(p[n:], text[min(skip, len(text)):])
		n += copy(p[n:], "\r\n"[max(skip-len(text), 0):])
		skip = 0
	}
	return n, nil
}
