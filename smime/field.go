package smime

// This file reads header fields, raw (RFC 5322 §2.2, with the obsolete forms of §4.5).

import (
	"bytes"
	"io"
	"strings"
)

// Field is one header field as it stands in the message.
type Field struct {
	Raw  []byte // with folding and the final line end, verbatim
	Name string // as written, without blanks; "" for an mbox "From " line in front
}

// Value is what follows the colon, unfolded (RFC 5322 §2.2.3) and trimmed.
func (f Field) Value() string {
	_, v, _ := bytes.Cut(f.Raw, []byte(":"))
	v = bytes.ReplaceAll(v, []byte("\r\n"), nil)
	v = bytes.ReplaceAll(v, []byte("\n"), nil)
	v = bytes.ReplaceAll(v, []byte("\r"), []byte(" ")) // a bare CR ends no line
	return string(bytes.TrimSpace(v))
}

// readHeader reads the header at off: its fields, and how long it is with the
// empty line that ends it. It reads little more than the header, which may have
// limit octets.
func readHeader(r io.ReaderAt, off, size, limit int64) ([]Field, int64, error) {
	for want := int64(1 << 10); ; want *= 4 {
		data := make([]byte, min(want, size, limit+1))
		if err := readFull(r, data, off); err != nil {
			return nil, 0, err
		}
		fields, n, done := parseHeader(data, int64(len(data)) == size)
		if len(fields) > maxFields {
			return nil, 0, beyondAt(off, "more than %d header fields", maxFields)
		}
		if done {
			return fields, int64(n), nil
		}
		if int64(len(data)) > limit {
			return nil, 0, beyondAt(off, "a header of more than %d octets", limit)
		}
	}
}

// parseHeader splits a header into fields; atEnd says that nothing follows
// data. The header ends with an empty line, or before a line that is no field,
// which then begins the body, as Postfix has it.
func parseHeader(data []byte, atEnd bool) (fields []Field, n int, done bool) {
	start := 0 // of the last field
	for n < len(data) {
		line := data[n:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		} else if !atEnd {
			return fields, n, false
		}
		switch {
		case string(line) == "\r\n" || string(line) == "\n":
			return fields, n + len(line), true
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			fields[len(fields)-1].Raw = data[start : n+len(line) : n+len(line)]
		default:
			name, ok := fieldName(line)
			if mbox := n == 0 && bytes.HasPrefix(line, []byte("From ")); !ok && !mbox {
				return fields, n, true
			}
			start = n
			fields = append(fields, Field{Raw: line[:len(line):len(line)], Name: name})
			if len(fields) > maxFields {
				return fields, n, true
			}
		}
		n += len(line)
	}
	return fields, n, atEnd
}

// FieldName is the name before the colon of a line that begins a field, in any other
// line there is none.
func FieldName(line string) (name string, ok bool) { return fieldName([]byte(line)) }

// fieldName reads the name before the colon (RFC 5322 §3.6.8; blanks before the
// colon are §4.5).
func fieldName(line []byte) (string, bool) {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 {
		return "", false
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return "", false
		}
	}
	return string(name), true
}

// isContent reports whether a field belongs to the entity rather than to the
// message (RFC 2045 §3).
func isContent(name string) bool {
	return len(name) >= 8 && strings.EqualFold(name[:8], "Content-")
}

// IsContent reports whether the field belongs to the entity rather than to the message.
func (f Field) IsContent() bool { return isContent(f.Name) }
