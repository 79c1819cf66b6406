// What readers of one entity may disagree about: a signature over what one of them
// shows says nothing of what the next one shows.

package smime

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// ambiguous is why readers may take e, the entity of a layer, for different things;
// nil when they agree. The outer header and what surrounds the parts are signed by
// nobody, so whoever sends a signed mail on can write them.
func (e *Entity) ambiguous() (why, err error) {
	for _, f := range e.Fields {
		if bareCROrNUL(f.Raw) { // ends a line, or the header, or the field, for some
			return malformedAt(e.off, "a bare CR or a NUL in the field %s", f.Name), nil
		}
	}
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		if n := len(e.Get(name)); n > 1 { // RFC 5322 §3.6 with RFC 2045 §3: at most one
			return malformedAt(e.off, "%d fields %s", n, name), nil
		}
	}
	media, params := e.ContentType()
	if media != "multipart/signed" {
		return nil, nil
	}
	if !identity[e.encoding()] { // RFC 2045 §6.4: some decode it all the same
		return malformedAt(e.off, "a multipart in another transfer encoding than 7bit, 8bit, binary"), nil
	}
	if !oneBoundary(e.value("Content-Type"), params["boundary"]) {
		return malformedAt(e.off, "a boundary that readers find in different places"), nil
	}
	return e.surroundings(params["boundary"])
}

// bareCROrNUL finds what RFC 5322 §2.2 and §3.5 allow nowhere.
func bareCROrNUL(raw []byte) bool {
	return bytes.Count(raw, []byte("\r")) != bytes.Count(raw, []byte("\r\n")) || bytes.IndexByte(raw, 0) >= 0
}

// oneBoundary tells whether careless readers, too, find boundary and no other in the
// field: those that take the last of two, know no comments and quotes, or nothing of
// RFC 2231.
func oneBoundary(field, boundary string) bool {
	found := 0
	for p := (&paramScanner{field}); p.next(); {
		name, value := p.parameter()
		switch {
		case name == "boundary":
			found++
		case strings.Contains(name+strings.ToLower(value), "boundary"):
			return false
		}
	}
	return found == 1 && strings.Count(field, "(") == strings.Count(boundary, "(")
}

// surroundings looks before the first and behind the last delimiter for lines that
// begin like one: some readers take a line for a delimiter that only begins with it,
// or go on behind the end.
func (e *Entity) surroundings(boundary string) (why, err error) {
	m, err := e.multipart()
	if err != nil {
		return nil, ignoreMalformed(err)
	}
	last := m.delimiters[len(m.delimiters)-1]
	for _, gap := range []*io.SectionReader{e.gap(e.body, m.delimiters[0].line), e.gap(last.after, e.size)} {
		found, err := hasLine(gap, []byte("--"+strings.TrimRight(boundary, " \t")))
		if err != nil {
			return nil, err
		}
		if found {
			return malformedAt(e.off, "lines around the parts that begin like the boundary"), nil
		}
	}
	return nil, nil
}

// hasLine tells whether a line begins with start, which is shorter than the buffer.
func hasLine(r *io.SectionReader, start []byte) (bool, error) {
	b := bufio.NewReaderSize(r, bufferSize(r, copyChunk))
	for begins := true; ; {
		line, err := b.ReadSlice('\n')
		if begins && bytes.HasPrefix(line, start) {
			return true, nil
		}
		begins = err == nil
		if err == io.EOF {
			return false, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return false, err
		}
	}
}
