// Package contextio reads and writes for as long as a context allows: who copies
// through it ends at the next chunk.
package contextio

import (
	"context"
	"io"
)

// NewReader reads s until ctx is done. Its Size is that of s.
func NewReader(ctx context.Context, s *io.SectionReader) io.Reader { return &reader{ctx, s} }

type reader struct {
	ctx context.Context
	*io.SectionReader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.SectionReader.Read(p)
}

// NewWriter writes to dst until ctx is done. It has no ReadFrom, which would bypass
// the buffer of who copies.
func NewWriter(ctx context.Context, dst io.Writer) io.Writer { return &writer{ctx, dst} }

type writer struct {
	ctx context.Context
	dst io.Writer
}

func (w *writer) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.dst.Write(p)
}
