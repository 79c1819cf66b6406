package gateway

// This file finds orders behind an early end of the header. A line that is no field
// ends it (a BOM in front, a raw line end in the Subject, a name with a blank), and all
// behind is text for Postfix and for us: an order there would leave in clear, as text.

import (
	"io"
	"slices"
	"strings"

	"sealgate/smime"
)

// maxLost is how much of a body is looked through; Postfix takes no more for a header
// (header_size_limit, 102400).
const maxLost = 100 << 10

// lostOrder is the name of an order, or of another field of ours, that the author wrote
// into the header and that is text now; "" when there is none. Only a proxy before the
// queue gets the message as the author wrote it. For a milter, and behind the queue,
// Postfix has put an empty line before the one that ended the header (RFC 5322 §2.1), so
// that the text itself has to show that it is the rest of one.
func (m *outboundMail) lostOrder() (string, error) {
	text, err := beginning(m.e)
	if err != nil {
		return "", err
	}
	switch {
	case !endsByEmptyLine(m.e):
		return m.g.orderIn(text), nil
	case !authored(m.e):
		return m.g.orderIn(withoutEmptyLines(text)), nil
	case continuesHeader(m.e, text):
		return m.g.orderIn(text), nil
	}
	return "", nil
}

// beginning is where the body begins, in lines with their ends, without the parts of a
// multipart.
func beginning(e *smime.Entity) (lines []string, err error) {
	text, err := io.ReadAll(io.NewSectionReader(e.Body(), 0, maxLost))
	if err != nil {
		return nil, err
	}
	lines = strings.SplitAfter(string(text), "\n")
	media, params := e.ContentType()
	if !strings.HasPrefix(media, "multipart/") {
		return lines, nil
	}
	first := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "--"+params["boundary"]) })
	if first < 0 {
		return lines, nil
	}
	return lines[:first], nil
}

// endsByEmptyLine reports whether the fields are followed by the empty line that ends a
// header (RFC 5322 §2.1), or by nothing.
func endsByEmptyLine(e *smime.Entity) bool {
	fields := int64(0)
	for _, f := range e.Fields {
		fields += int64(len(f.Raw))
	}
	return fields < e.BodyOffset() || fields == e.Size()
}

// authored reports whether the header has a field that only an author's program writes.
// From, Date and Message-ID are added by Postfix where they are missing, and filters add
// fields of their own.
func authored(e *smime.Entity) bool {
	return slices.ContainsFunc(e.Fields, isAuthors)
}

// isAuthors: a To without an address is Postfix's own (undisclosed_recipients_header).
func isAuthors(f smime.Field) bool {
	name := strings.ToLower(f.Name)
	return authorsFields[name] && (name != "to" || strings.Contains(f.Value(), "@"))
}

var authorsFields = map[string]bool{
	"to": true, "cc": true, "bcc": true, "subject": true, "reply-to": true, "in-reply-to": true, "references": true,
	"mime-version": true, "content-type": true, "content-transfer-encoding": true,
}

// withoutEmptyLines leaves out what stands in front of a header that came too late.
func withoutEmptyLines(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	return lines
}

// continuesHeader reports whether a text is the rest of a header that one of its lines
// has ended. It begins with a line that does not belong into a header, and up to the
// first empty line follow fields alone, or among others one that an author writes and
// this header has not. People's text that names our fields does neither; nor does a
// header that they quote, which has fields that stand in this one too.
func continuesHeader(e *smime.Entity, lines []string) bool {
	end := slices.IndexFunc(lines, isEmpty)
	if end < 1 {
		return false
	}
	if _, ok := smime.FieldName(lines[0]); ok {
		return false
	}
	alone := true
	missing := false
	for i, line := range lines[1:end] {
		name, ok := smime.FieldName(line)
		folded := i > 0 && (line[0] == ' ' || line[0] == '\t')
		alone = alone && (ok || folded)
		if !ok || !authorsFields[strings.ToLower(name)] {
			continue
		}
		if slices.ContainsFunc(e.Get(name), isAuthors) {
			return false
		}
		missing = true
	}
	return alone || missing
}

func isEmpty(line string) bool { return line == "\r\n" || line == "\n" }

// orderIn is the name of the first line up to the empty one that looks like a field of
// ours, whatever stands around the name.
func (g *Gateway) orderIn(lines []string) string {
	for _, line := range lines {
		if isEmpty(line) {
			return ""
		}
		name, _, colon := strings.Cut(line, ":")
		if !colon {
			continue
		}
		if _, ours := g.ours(name); ours {
			return strings.TrimSpace(name)
		}
	}
	return ""
}
