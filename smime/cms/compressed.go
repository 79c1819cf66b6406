package cms

// This file reads CompressedData (RFC 3274).

import (
	"compress/zlib"
	"encoding/asn1"
	"fmt"
	"io"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// CompressedData is a compressed message.
type CompressedData struct {
	EContentType asn1.ObjectIdentifier
	algorithm    asn1.ObjectIdentifier
	content      *Content
}

func (p *parser) compressedData() (*CompressedData, error) {
	c := &CompressedData{}
	err := p.in(cbasn1.SEQUENCE, func() error {
		if _, err := p.Int(); err != nil {
			return err
		}
		a, err := p.algorithm()
		if err != nil {
			return err
		}
		c.algorithm = a.id
		c.EContentType, c.content, err = p.encapsulated()
		if err != nil {
			return err
		}
		if c.content == nil {
			return p.problem("no content")
		}
		return nil
	})
	return c, err
}

// Decompress writes the content to dst, at most limit bytes of it: what goes
// beyond is ErrTooLarge. Errors of dst are returned as they are.
func (c *CompressedData) Decompress(dst io.Writer, limit int64) error {
	if !c.algorithm.Equal(oid.ZLIB) {
		return fmt.Errorf("%w: compression %v", ErrUnsupported, c.algorithm)
	}
	z, err := zlib.NewReader(c.content.NewReader())
	if err != nil {
		return &Error{Layer: "CompressedData", Offset: c.content.Offset(), Problem: "no zlib stream"}
	}
	defer z.Close()
	w := &errorWriter{w: dst}
	_, err = io.Copy(w, io.LimitReader(z, limit))
	if err == nil {
		err = atEnd(z)
	}
	switch {
	case w.err != nil:
		return w.err
	case err == errLong:
		return ErrTooLarge
	case err != nil:
		return &Error{
			Layer:   "CompressedData",
			Offset:  c.content.Offset(),
			Problem: "the zlib stream is damaged: " + err.Error(),
		}
	}
	return nil
}

// errorWriter keeps the error of the writer apart from that of the reader.
type errorWriter struct {
	w   io.Writer
	err error
}

func (e *errorWriter) Write(p []byte) (n int, err error) {
	n, err = e.w.Write(p)
	if err != nil {
		e.err = err
	}
	return n, err
}
