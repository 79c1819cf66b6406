package smime

// This file undoes transfer encodings (RFC 2045 §6), and makes line ends CRLF.

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"sealgate/internal/contextio"
	"sealgate/spool"
)

// content is decoded content: a file of its own, or a view where nothing had to
// be decoded.
type content struct {
	io.ReaderAt
	size int64
	file *spool.File
}

func (c *content) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

func (c *content) reader() *io.SectionReader { return io.NewSectionReader(c, 0, c.size) }

// decode undoes the transfer encoding of a leaf. What is wrong with the encoding
// is an ErrMalformed.
func decode(ctx context.Context, e *Entity, encoding string, sp *spool.Spool) (*content, error) {
	switch encoding {
	case "base64":
		return e.decodedInto(ctx, sp, decodeBase64)
	case "quoted-printable":
		return e.decodedInto(ctx, sp, decodeQuoted)
	case "7bit", "8bit", "binary":
		body := e.Body()
		return &content{ReaderAt: body, size: body.Size()}, nil
	}
	return nil, malformedAt(e.off, "transfer encoding %.40q", encoding)
}

// decoding is decode or decodeLazily.
type decoding func(ctx context.Context, e *Entity, encoding string, sp *spool.Spool) (*content, error)

// decodeLazily is decode without a file where the base64 is regular. Reading it
// gives errIrregular when it is not after all.
func decodeLazily(ctx context.Context, e *Entity, encoding string, sp *spool.Spool) (*content, error) {
	if encoding != "base64" {
		return decode(ctx, e, encoding, sp)
	}
	lines, err := regularBase64(e.Body())
	if err != nil {
		return nil, err
	}
	if lines == nil {
		return decode(ctx, e, encoding, sp)
	}
	return &content{ReaderAt: lines, size: lines.size}, nil
}

// decodedInto is the decoded body.
func (e *Entity) decodedInto(
	ctx context.Context,
	sp *spool.Spool,
	decode func(io.Writer, io.Reader) error,
) (*content, error) {
	c, err := decodeInto(ctx, sp, e.Body(), decode)
	return c, located(err, 0, e.off+e.body)
}

func decodeInto(
	ctx context.Context,
	sp *spool.Spool,
	src *io.SectionReader,
	decode func(io.Writer, io.Reader) error,
) (*content, error) {
	f := sp.Create()
	if err := decode(f, contextio.NewReader(ctx, src)); err != nil {
		f.Close()
		return nil, err
	}
	return &content{f, f.Size(), f}, nil
}

// ToCRLF copies src to dst with CRLF for every line end, whether it was LF or
// CRLF. A CR that no LF follows stays.
func ToCRLF(dst io.Writer, src io.Reader) error {
	r := bufio.NewReaderSize(src, 64<<10)
	w := bufio.NewWriterSize(dst, 64<<10)
	cr := false // the octet before was CR
	for {
		line, err := r.ReadSlice('\n')
		if n := len(line); err == nil {
			text := line[:n-1]
			bare := n == 1 && !cr || n > 1 && text[n-2] != '\r'
			w.Write(text) // bufio keeps the error for Flush
			if bare {
				w.WriteByte('\r')
			}
			w.WriteByte('\n')
			cr = false
			continue
		}
		w.Write(line)
		if len(line) > 0 {
			cr = bytes.HasSuffix(line, []byte("\r"))
		}
		switch err {
		case bufio.ErrBufferFull:
		case io.EOF:
			return w.Flush()
		default:
			return err
		}
	}
}

// hasBareLF reports whether the first line of the entity ends in LF alone: then
// all do, it comes from a file, and what is signed is its CRLF form (RFC 8551
// §3.1.1).
func (e *Entity) hasBareLF() (bool, error) {
	for _, f := range e.Fields {
		return !bytes.HasSuffix(f.Raw, []byte("\r\n")) && bytes.HasSuffix(f.Raw, []byte("\n")), nil
	}
	line, err := bufio.NewReaderSize(e.Section(), bufferSize(e.Section(), 4<<10)).ReadSlice('\n')
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return false, err
	}
	return bytes.HasSuffix(line, []byte("\n")) && !bytes.HasSuffix(line, []byte("\r\n")), nil
}
