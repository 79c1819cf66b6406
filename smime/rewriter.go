package smime

// This file puts a new message together from stretches of the old one and from what is written.

import (
	"context"
	"io"

	"sealgate/internal/contextio"
	"sealgate/spool"
)

// position is where an entity stands.
type position int

const (
	root    position = iota
	part             // of a multipart
	message          // in a message/rfc822
)

// rule is why something is written anew.
type rule struct {
	sealed func(*Entity) bool         // stays, whatever is in it
	field  func(Field, position) bool // stays
	fits   func(shape) bool           // a body of this shape stays
	labels map[string]string          // transfer encodings without effect, and what they become
	leaf   func(*rewriter, *Entity, position) error
	within bool       // goes into messages also when they fit
	refuse bool       // a multipart that cannot be taken apart
	narrow bool       // a multipart is its parts alone, without text around them; fields have 7 bits
	apart  boundaries // of the whole: one that another begins with is replaced
	kind   string     // the Content-Type of a root without one; "": none
	single bool       // the first Content-* field of a name is the only one: readers differ in which they believe
}

// everyField is of a rule that leaves all fields as they are.
func everyField(Field, position) bool { return true }

// everyShape is of a rule that leaves all bodies as they are, for their shape.
func everyShape(shape) bool { return true }

// rewriter puts the new message together from stretches of the old one and from
// what it writes to a file of its own.
type rewriter struct {
	ctx context.Context
	rule
	sp      *spool.Spool
	file    *spool.File
	out     joined
	changed bool
}

// result is the entity that was written, which owns the file.
func (w *rewriter) result() (*Entity, error) {
	n := &Entity{r: &w.out, size: w.out.size, count: new(int), owned: w.file}
	var err error
	// What was folded is longer than it was, within the bounds though it came.
	n.Fields, n.body, err = readHeader(n.r, 0, n.size, 2*maxHeader)
	if err != nil {
		w.file.Close()
		return nil, err
	}
	return n, nil
}

// keep takes octets of e as they are.
func (w *rewriter) keep(e *Entity, from, to int64) { w.out.add(e.r, e.off+from, to-from) }

// source is what is read of e, for as long as the context allows.
func (w *rewriter) source(s *io.SectionReader) io.Reader { return contextio.NewReader(w.ctx, s) }

// Write appends new octets.
func (w *rewriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.out.add(w.file, w.file.Size()-int64(n), int64(n))
	w.changed = true
	return n, err
}
