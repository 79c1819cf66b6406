package gateway

// This file makes the header edits that go with a new body.

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"mime"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"sealgate/gateway/verdict"
	"sealgate/smime"
)

// isContent tells whether a field belongs to the MIME entity rather than to
// the message (RFC 2045 §3, RFC 8551 §3.1).
func isContent(name string) bool {
	return len(name) >= 8 && strings.EqualFold(name[:8], "Content-")
}

// deleteContent removes the Content-* fields of the message as received.
func deleteContent(e *smime.Entity) []HeaderEdit { return deleteFields(e, isContent) }

func deleteFields(e *smime.Entity, which func(name string) bool) (out []HeaderEdit) {
	for i, f := range e.Fields {
		if which(f.Name) {
			out = append(out, HeaderEdit{Op: DeleteField, Index: i, Name: f.Name})
		}
	}
	return out
}

// contentFields replaces the Content-* fields of outer by those of inner.
func contentFields(outer, inner *smime.Entity) []HeaderEdit {
	out := deleteContent(outer)
	for _, f := range inner.Fields {
		if isContent(f.Name) {
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
		if line = strings.TrimRight(line, " \t"); line == "" {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			line = " " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\r\n")
}

// newBoundary is a multipart delimiter that cannot stand in the content by
// chance: 16 random bytes.
func newBoundary() (string, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return fmt.Sprintf("=_sealgate_%x", b), nil
}

// subject edits the Subject: our tags out, the protected one in place of what stands
// outside (RFC 9788 §4.2), our tag in. Without a change there is no edit.
func (m *inboundMail) subject(v *verdict.Verdict, e *smime.Entity) []HeaderEdit {
	fields := e.Get("Subject")
	protected, heeded := m.protectedSubject(v)
	if len(fields) > 1 && !heeded {
		return m.g.untagAll(e) // RFC 5322 allows one; which of them is shown, nobody knows
	}
	was := ""
	if len(fields) == 1 {
		was = decodeWords(fields[0].Value())
	}
	now := m.g.untag(was)
	if heeded {
		now = m.g.untag(protected)
	}
	if t := m.g.tag(v); t != "" {
		now = t + " " + now
	}
	if now == was && len(fields) <= 1 {
		return nil
	}
	value := fold(len("Subject:"), strings.Fields(phrase(now, maxSubject)))
	if len(fields) == 0 {
		return []HeaderEdit{{Op: AppendField, Name: "Subject", Value: value}}
	}
	edits := deleteFields(e, func(name string) bool { return strings.EqualFold(name, "Subject") })
	edits[0] = HeaderEdit{Op: ReplaceField, Index: edits[0].Index, Name: fields[0].Name, Value: value}
	return edits
}

// protectedSubject is the Subject that the sender protected, for the copies whose verdict
// is v: who cannot open the mail must not read a hidden one. Of several, nobody knows
// which is shown.
func (m *inboundMail) protectedSubject(v *verdict.Verdict) (string, bool) {
	if v != m.verdict || !v.HeedsProtected(m.opened) {
		return "", false
	}
	f := m.opened.Protected.Get("Subject")
	if len(f) != 1 {
		return "", false
	}
	return decodeWords(f[0].Value()), true
}

// untagAll takes our tags out of every Subject.
func (g *Gateway) untagAll(e *smime.Entity) (edits []HeaderEdit) {
	for i, f := range e.Fields {
		if !strings.EqualFold(f.Name, "Subject") {
			continue
		}
		was := decodeWords(f.Value())
		if now := g.untag(was); now != was {
			edits = append(
				edits,
				HeaderEdit{
					Op:    ReplaceField,
					Index: i,
					Name:  f.Name,
					Value: fold(len("Subject:"), strings.Fields(phrase(now, maxSubject))),
				},
			)
		}
	}
	return edits
}

// maxSubject bounds a Subject that is written anew, in octets.
const maxSubject = 2000

// tag is what goes before the Subject of a mail of this verdict.
func (g *Gateway) tag(v *verdict.Verdict) string {
	var tags []string
	if g.o.Headers.TagValid != "" && v.Signature == verdict.SignatureValid {
		tags = append(tags, g.o.Headers.TagValid)
	}
	if g.o.Headers.TagDecrypted != "" && v.Encryption == verdict.EncryptionDecrypted {
		tags = append(tags, g.o.Headers.TagDecrypted)
	}
	return strings.Join(tags, " ")
}

// decodeWords decodes RFC 2047. In a charset that is not known, ASCII is read
// all the same: a tag must not hide there.
func decodeWords(s string) string {
	d, err := (&mime.WordDecoder{CharsetReader: charsetReader}).DecodeHeader(s)
	if err != nil {
		return s
	}
	return d
}

func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	if c, err := htmlindex.Get(charset); err == nil {
		return c.NewDecoder().Reader(in), nil
	}
	return charmap.ISO8859_1.NewDecoder().Reader(in), nil
}

func (g *Gateway) languageTag() string {
	if g.o.Language == German {
		return "de"
	}
	return "en"
}
