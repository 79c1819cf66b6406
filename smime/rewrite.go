// rewriter: a message written anew where it has to be, and nowhere else.

package smime

import (
	"bytes"
	"errors"
	"io"
	"strings"

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
	within bool // goes into messages also when they fit
	refuse bool // a multipart that cannot be taken apart
}

// rewriter puts the new message together from stretches of the old one and from
// what it writes to a file of its own.
type rewriter struct {
	rule
	sp      *spool.Spool
	file    *spool.File
	out     joined
	changed bool
}

// rewrite applies the rule to e. The result reads from e, which must be closed
// after it, and owns what was written. It is e itself when nothing changes.
func rewrite(e *Entity, sp *spool.Spool, r rule) (*Entity, error) {
	w := &rewriter{rule: r, sp: sp, file: sp.Create()}
	err := w.entity(e, root)
	if err != nil {
		w.file.Close()
		return nil, err
	}
	if !w.changed {
		w.file.Close()
		return e, nil
	}
	n := &Entity{r: &w.out, size: w.out.size, count: new(int), owned: w.file}
	// What was folded is longer than it was, within the bounds though it came.
	if n.Fields, n.body, err = readHeader(n.r, 0, n.size, 2*maxHeader); err != nil {
		w.file.Close()
		return nil, err
	}
	return n, nil
}

// keep takes octets of e as they are.
func (w *rewriter) keep(e *Entity, from, to int64) { w.out.add(e.r, e.off+from, to-from) }

// Write appends new octets.
func (w *rewriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.out.add(w.file, w.file.Size()-int64(n), int64(n))
	w.changed = true
	return n, err
}

func (w *rewriter) entity(e *Entity, at position) error {
	media, _ := e.ContentType()
	if w.sealed(e) {
		return w.verbatim(e, at, "")
	}
	if strings.HasPrefix(media, "multipart/") {
		m, err := e.multipart()
		if err == nil {
			return w.multipart(e, m, at)
		}
		if !errors.Is(err, ErrMalformed) {
			return err
		}
	}
	if _, plain := identity[e.encoding()]; media == "message/rfc822" && plain {
		return w.message(e, at)
	}
	return w.leaf(w, e, at)
}

// identity are the transfer encodings that encode nothing.
var identity = map[string]bool{"7bit": true, "8bit": true, "binary": true}

// verbatim takes the body as it is, under a label that is true.
func (w *rewriter) verbatim(e *Entity, at position, encoding string) error {
	if err := w.header(e, at, encoded(encoding)); err != nil {
		return err
	}
	w.keep(e, e.body, e.size)
	return nil
}

// newFields are the values that fields get instead of theirs, by name in lower
// case; "" leaves the field out.
type newFields map[string]string

// encoded is a new transfer encoding; none when it is "".
func encoded(encoding string) newFields {
	if encoding == "" {
		return nil
	}
	return newFields{"content-transfer-encoding": encoding}
}

// header writes e's fields that stay, and the new ones.
func (w *rewriter) header(e *Entity, at position, fields newFields) error {
	var out []byte
	same := len(fields) == 0 && !e.oddSeparator()
	for _, f := range e.Fields {
		if _, other := fields[strings.ToLower(f.Name)]; other || !w.field(f, at) {
			same = false
			continue
		}
		raw := legalField(f.Raw)
		same = same && bytes.Equal(raw, f.Raw)
		out = append(out, raw...)
	}
	if same {
		w.keep(e, 0, e.body)
		return nil
	}
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		if v := fields[strings.ToLower(name)]; v != "" {
			out = append(out, name+": "+v+"\r\n"...)
		}
	}
	_, err := w.Write(append(out, "\r\n"...))
	return err
}

// oddSeparator tells whether LF alone ends the header.
func (e *Entity) oddSeparator() bool {
	n := e.body
	for _, f := range e.Fields {
		n -= int64(len(f.Raw))
	}
	return n == 1
}

// multipart writes the parts, and the delimiters between them as they are. Text
// before the first and after the last that does not fit is left out: no reader
// shows it (RFC 2046 §5.1.1).
func (w *rewriter) multipart(e *Entity, m *multipart, at position) error {
	if err := w.header(e, at, encoded(w.labels[e.encoding()])); err != nil {
		return err
	}
	at0 := m.delimiters[0].line
	if err := w.aside(e, e.body, at0); err != nil {
		return err
	}
	for i, d := range m.delimiters {
		if err := w.delimiter(e, at0, d); err != nil {
			return err
		}
		if at0 = d.after; d.last {
			return w.aside(e, at0, e.size)
		}
		p := m.parts[i]
		if err := w.entity(p, part); err != nil {
			return err
		}
		at0 = p.off - e.off + p.size
	}
	return nil
}

// delimiter writes a boundary line from the line end in front of it on: without
// blanks after the boundary, which somebody on the way might take away, and with
// CRLF.
func (w *rewriter) delimiter(e *Entity, from int64, d delimiter) error {
	if !d.odd {
		w.keep(e, from, d.after)
		return nil
	}
	line := make([]byte, d.after-d.line)
	if err := readFull(e.r, line, e.off+d.line); err != nil {
		return err
	}
	line = append(bytes.TrimRight(line, " \t\r\n"), "\r\n"...)
	if from < d.line {
		line = append([]byte("\r\n"), line...)
	}
	_, err := w.Write(line)
	return err
}

// aside keeps a preamble or an epilogue if it fits.
func (w *rewriter) aside(e *Entity, from, to int64) error {
	s, err := measure(e.gap(from, to))
	if err != nil {
		return err
	}
	if w.fits(s) {
		w.keep(e, from, to)
	} else {
		w.changed = true
	}
	return nil
}

// message writes a message within the message: as it is if that fits, else its
// parts one by one, since it may not be encoded whole (RFC 2046 §5.2.1).
func (w *rewriter) message(e *Entity, at position) error {
	s, err := measure(e.Body())
	if err != nil {
		return err
	}
	if w.fits(s) && !w.within {
		return w.verbatim(e, at, w.labels[e.encoding()])
	}
	inner, err := e.message()
	if errors.Is(err, ErrMalformed) {
		return w.leaf(w, e, at)
	}
	if err != nil {
		return err
	}
	if err := w.header(e, at, encoded(w.labels[e.encoding()])); err != nil {
		return err
	}
	return w.entity(inner, message)
}

// encodeLeaf is the leaf of a rule that is about transport: the body stays if it
// fits, else it is encoded. A label that lies is not believed: what is not
// base64 is encoded as it stands.
func encodeLeaf(w *rewriter, e *Entity, at position) error {
	s, err := measure(e.Body())
	if err != nil {
		return err
	}
	if w.fits(s) {
		return w.verbatim(e, at, w.labels[e.encoding()])
	}
	c, err := decode(e, e.encoding(), w.sp)
	if errors.Is(err, ErrMalformed) {
		c, err = decode(e, "binary", w.sp)
	}
	if err != nil {
		return err
	}
	defer c.Close()
	encoding := encodingFor(e, s)
	fields := encoded(encoding)
	if e.isComposite() { // without its boundary, or beyond a bound
		if w.refuse {
			media, _ := e.ContentType()
			return malformed("%s that cannot be taken apart, with content that must be encoded", media)
		}
		fields["content-type"] = "application/octet-stream"
	}
	if err := w.header(e, at, fields); err != nil {
		return err
	}
	return w.encode(c.reader(), encoding)
}

// isComposite tells what may not be encoded whole (RFC 2045 §6.4).
func (e *Entity) isComposite() bool {
	media, _ := e.ContentType()
	return strings.HasPrefix(media, "multipart/") || media == "message/rfc822" && identity[e.encoding()]
}

// encodingFor is quoted-printable for text that stays readable that way.
func encodingFor(e *Entity, s shape) string {
	if media, _ := e.ContentType(); strings.HasPrefix(media, "text/") && !s.nul && s.high <= s.size/3 {
		return "quoted-printable"
	}
	return "base64"
}

func (w *rewriter) encode(src io.Reader, encoding string) error {
	if encoding == "quoted-printable" {
		return encodeQuoted(w, src)
	}
	b := newBase64Writer(w)
	if _, err := io.Copy(b, src); err != nil {
		return err
	}
	return b.Close()
}

// legalField makes a field that can be sent: no NUL, CR or LF but at the end of
// a line, no line over 998 octets.
func legalField(raw []byte) []byte {
	if measureBytes(raw).legal() && bytes.HasSuffix(raw, []byte("\r\n")) {
		return raw
	}
	var out []byte
	raw = bytes.TrimRight(bytes.Clone(raw), "\r\n")
	for i, line := range bytes.Split(raw, []byte("\n")) {
		line = bytes.TrimRight(line, "\r")
		for j, c := range line {
			if c == 0 || c == '\r' {
				line[j] = ' '
			}
		}
		if i > 0 && (len(line) == 0 || line[0] != ' ' && line[0] != '\t') {
			out = append(out, ' ')
		}
		for ; len(line) > maxLine; line = line[maxLine-1:] {
			out = append(append(out, line[:maxLine-1]...), "\r\n "...)
		}
		out = append(append(out, line...), "\r\n"...)
	}
	return out
}
