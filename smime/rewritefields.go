package smime

// This file writes headers anew: fields left out, replaced, or made such that they can be sent.

import (
	"bytes"
	"maps"
	"strings"
)

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

// with is the fields and one more.
func (fields newFields) with(name, value string) newFields {
	all := maps.Clone(fields)
	if all == nil {
		all = newFields{}
	}
	all[name] = value
	return all
}

// typeWith is e's Content-Type with another boundary.
func (e *Entity) typeWith(boundary string) string {
	media, params := e.ContentType()
	params = maps.Clone(params)
	params["boundary"] = boundary
	return withParameters(media, params)
}

// header writes e's fields that stay, and the new ones.
func (w *rewriter) header(e *Entity, at position, fields newFields) error {
	var out []byte
	if at == root && w.kind != "" {
		fields = fields.with("content-type", w.kind)
	}
	same := len(fields) == 0 && !e.oddSeparator()
	seen := map[string]bool{}
	for _, f := range e.Fields {
		name := strings.ToLower(f.Name)
		duplicate := w.single && seen[name] && isContent(name)
		seen[name] = true
		if _, other := fields[name]; other || duplicate || !w.field(f, at) {
			same = false
			continue
		}
		raw := legalField(f.Raw)
		if w.narrow {
			raw = narrowField(Field{Raw: raw, Name: f.Name})
		}
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

// oddSeparator reports whether LF alone ends the header.
func (e *Entity) oddSeparator() bool {
	n := e.body
	for _, f := range e.Fields {
		n -= int64(len(f.Raw))
	}
	return n == 1
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
			line = append([]byte{' '}, line...)
		}
		for len(line) > maxLine {
			out = append(append(out, line[:maxLine]...), "\r\n"...)
			line = line[maxLine-1:]
			line[0] = ' ' // the octet before the rest is written already
		}
		out = append(append(out, line...), "\r\n"...)
	}
	return out
}
