package smime

// This file decodes base64 in lines of one length where it is read, so that it need not be
// spooled.

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/segmentio/asm/base64"
)

// errIrregular says that the lines are not what the first one promised; the text
// must be decoded from its beginning.
var errIrregular = errors.New("smime: base64 in lines of several lengths")

const (
	probeSize = 1 << 10  // octets looked at on both ends of the text
	lazyBatch = 48 << 10 // octets of text decoded at once
)

// base64Lines reads what base64 text means at any offset. All that is read is
// checked as decodeBase64 does it.
type base64Lines struct {
	mu     sync.Mutex // guards raw, packed and out: copies of one message are read at once
	text   io.ReaderAt
	length int64 // of the text, without what is blank at its end
	chars  int64 // of a line
	stride int64 // of a line with its end
	size   int64 // of what it means
	raw    []byte
	packed []byte // raw without line ends, in the same place
	out    []byte
}

// regularBase64 returns a reader if the first line and the end of the text look
// regular, else nil.
func regularBase64(text *io.SectionReader) (*base64Lines, error) {
	head := make([]byte, min(probeSize, text.Size()))
	tail := make([]byte, min(probeSize, text.Size()))
	if err := readFull(text, head, 0); err != nil {
		return nil, err
	}
	if err := readFull(text, tail, text.Size()-int64(len(tail))); err != nil {
		return nil, err
	}
	end := bytes.TrimRight(tail, "\r\n")
	first, _, more := bytes.Cut(head, []byte("\n"))
	b := &base64Lines{text: text, length: text.Size() - int64(len(tail)-len(end)), stride: int64(len(first) + 1)}
	b.chars = int64(len(bytes.TrimSuffix(first, []byte("\r"))))
	full := b.length / b.stride
	last := b.length % b.stride
	if !more || len(end) == 0 || b.chars == 0 || b.chars%4 != 0 || last%4 != 0 || last > b.chars {
		return nil, nil
	}
	b.size = (full*b.chars + last) / 4 * 3
	for i := 1; i <= 2 && len(end) > i && end[len(end)-i] == '='; i++ {
		b.size--
	}
	return b, nil
}

// ReadAt reads as io.ReaderAt says. Text that is not regular is errIrregular.
func (b *base64Lines) ReadAt(p []byte, off int64) (done int, err error) {
	if off < 0 {
		return 0, errIrregular
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for done < len(p) && off < b.size {
		n, err := b.decode(p[done:], off)
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

// decode decodes the lines from the one that off is in, as many as p or a batch
// takes.
func (b *base64Lines) decode(p []byte, off int64) (int, error) {
	octets := b.chars / 4 * 3
	line := off / octets
	skip := off % octets
	lines := min((skip+int64(len(p))+octets-1)/octets, max(lazyBatch/b.stride, 1))
	from := line * b.stride
	to := min(from+lines*b.stride, b.length)
	if err := b.pack(from, to); err != nil {
		return 0, err
	}
	want := min(to/b.stride*octets+to%b.stride/4*3, b.size) - line*octets // octets that the batch means
	dst := p
	direct := skip == 0 && want <= int64(len(p)) && to < b.length
	if !direct {
		b.out = grown(b.out, len(b.packed))
		dst = b.out
	}
	n, err := base64.StdEncoding.Decode(dst, b.packed)
	if err != nil || int64(n) != want {
		return 0, errIrregular
	}
	if direct {
		return n, nil
	}
	return copy(p, b.out[skip:n]), nil
}

// pack reads text and takes its line ends out, which must be where they belong.
func (b *base64Lines) pack(from, to int64) error {
	b.raw = grown(b.raw, int(to-from))
	if err := readFull(b.text, b.raw, from); err != nil {
		return err
	}
	b.packed = b.raw[:0]
	for raw := b.raw; len(raw) > 0; {
		n := min(int(b.chars), len(raw))
		b.packed = append(b.packed, raw[:n]...)
		raw = raw[n:]
		if len(raw) == 0 {
			break
		}
		end := raw[:min(int(b.stride-b.chars), len(raw))]
		if end[len(end)-1] != '\n' || len(end) == 2 && end[0] != '\r' {
			return errIrregular
		}
		raw = raw[len(end):]
	}
	return nil
}
