package gateway

// This file writes the values of fields and replies. What they quote from certificates and
// mail is hostile: it is bounded, encoded, and cannot begin a new field or line.

import (
	"mime"
	"strings"
)

// Bounds of what a status field quotes; a field stays far below the 998 octets
// of a line (RFC 5322 §2.1.1) and is folded besides.
const (
	maxQuoted    = 200 // octets of one value from a certificate
	maxReason    = 300
	maxSentences = 1200 // our own sentences, with two addresses of maxQuoted in them
	lineLength   = 76
)

// phrase is s as unstructured text, RFC 2047 where it is not ASCII.
func phrase(s string, most int) string { return mime.QEncoding.Encode("utf-8", clean(s, most)) }

// quoted is s as a quoted-string (RFC 5322 §3.2.4).
func quoted(s string) string {
	s = mime.QEncoding.Encode("utf-8", clean(s, maxQuoted))
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// field is one status field as an insertion at the top.
func field(name string, words ...string) HeaderEdit {
	return HeaderEdit{Op: InsertField, Index: 0, Name: name, Value: fold(len(name)+1, words)}
}

// fold joins words with blanks and breaks lines between them (RFC 5322 §2.2.3).
func fold(column int, words []string) string {
	var b strings.Builder
	for _, w := range words {
		if column+1+len(w) > lineLength && b.Len() > 0 {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteString(" " + w)
		column += 1 + len(w)
	}
	return b.String()
}

// printable is s as short ASCII for a reply line.
func printable(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= most {
			return b.String() + "..."
		}
		if r < 0x20 || r > 0x7e {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}
