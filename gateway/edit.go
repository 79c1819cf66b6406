package gateway

// This file makes the header edits that go with a new body.

import (
	"bytes"
	"strings"

	"sealgate/smime"
)

// deleteContent removes the Content-* fields of the message as received.
func deleteContent(e *smime.Entity) []HeaderEdit { return deleteFields(e, smime.Field.IsContent) }

// deleteFields removes those of the fields that fit.
func deleteFields(e *smime.Entity, which func(smime.Field) bool) (out []HeaderEdit) {
	for i, f := range e.Fields {
		if which(f) {
			out = append(out, HeaderEdit{Op: DeleteField, Index: i, Name: f.Name})
		}
	}
	return out
}

// isNamed reports whether a field has a name.
func isNamed(f smime.Field, name string) bool { return strings.EqualFold(f.Name, name) }

// named fits the fields of a name.
func named(name string) func(smime.Field) bool {
	return func(f smime.Field) bool { return isNamed(f, name) }
}

// contentFields replaces the Content-* fields of outer by those of inner.
func contentFields(outer, inner *smime.Entity) []HeaderEdit {
	out := deleteContent(outer)
	for _, f := range inner.Fields {
		if f.IsContent() {
			out = append(out, HeaderEdit{Op: AppendField, Name: f.Name, Value: rawValue(f)})
		}
	}
	return withVersion(outer, out)
}

// withVersion adds MIME-Version where the message has none (RFC 2045 §4).
func withVersion(e *smime.Entity, edits []HeaderEdit) []HeaderEdit {
	if len(e.Get("MIME-Version")) > 0 {
		return edits
	}
	return append(edits, HeaderEdit{Op: AppendField, Name: "MIME-Version", Value: " 1.0"})
}

// rawValue is what follows the colon, without the final line end. Lines are
// folded as RFC 5322 §2.2.3 has it, whatever the sender's were: some readers end
// a line at a bare CR or LF, some end the header at a line of blanks.
func rawValue(f smime.Field) string {
	_, v, _ := bytes.Cut(f.Raw, []byte(":"))
	var lines []string
	for line := range strings.FieldsFuncSeq(string(v), func(r rune) bool { return r == '\r' || r == '\n' || r == 0 }) {
		line = strings.TrimRight(line, " \t")
		if line == "" {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			line = " " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\r\n")
}
