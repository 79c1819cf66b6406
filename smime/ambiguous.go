package smime

// This file finds what readers of one entity may disagree about: a signature over what one of
// them shows says nothing of what the next one shows.

import (
	"bytes"
	"context"
	"io"
	"path"
	"regexp"
	"strings"

	"sealgate/internal/contextio"
)

// ambiguous is why readers may take e, the entity of a layer, for different things;
// nil when they agree. The outer header and what surrounds the parts are signed by
// nobody, so whoever sends a signed mail on can write them: they must have the one
// form that every reader knows.
func (e *Entity) ambiguous(ctx context.Context) (why, err error) {
	media, params := e.ContentType()
	why = e.oddHeader()
	if why != nil || media != "multipart/signed" {
		return why, nil
	}
	if !identity[e.encoding()] { // RFC 2045 §6.4: some decode it all the same
		return malformedAt(e.off, "a multipart in another transfer encoding than 7bit, 8bit, binary"), nil
	}
	if !oneBoundary(e.Get("Content-Type")[0].Raw, params["boundary"]) {
		return malformedAt(e.off, "a boundary that readers find in different places"), nil
	}
	return e.surroundings(ctx, params["boundary"])
}

// maxFieldsInFront of those that say what the body is: Ruby's mail reads 1,000 fields and
// no more; on the way to it come ours and those of the relays.
const maxFieldsInFront = 900

// oddHeader is what is in the header that some readers take for its end, for the end
// of a field, or for another field.
func (e *Entity) oddHeader() error {
	end := e.body
	for _, f := range e.Fields {
		end -= int64(len(f.Raw))
		if bareCROrNUL(f.Raw) {
			return malformedAt(e.off, "a bare CR or a NUL in the field %s", f.Name)
		}
		if f.Name != "" && f.Raw[len(f.Name)] != ':' { // RFC 5322 §4.5: obsolete, and for Python the end of the header
			return malformedAt(e.off, "a blank before the colon of %s", f.Name)
		}
	}
	if end == 0 && e.body < e.size {
		return malformedAt(e.off, "a header that no empty line ends")
	}
	for i, f := range e.Fields {
		if i > maxFieldsInFront && strings.HasPrefix(strings.ToLower(f.Name), "content-") {
			return malformedAt(e.off, "%d fields in front of %s", i, f.Name)
		}
	}
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"} {
		if n := len(e.Get(name)); n > 1 { // RFC 5322 §3.6 with RFC 2045 §3: at most one
			return malformedAt(e.off, "%d fields %s", n, name)
		}
	}
	return nil
}

// bareCROrNUL finds what RFC 5322 §2.2 and §3.5 allow nowhere.
func bareCROrNUL(raw []byte) bool {
	return bytes.Count(raw, []byte("\r")) != bytes.Count(raw, []byte("\r\n")) || bytes.IndexByte(raw, 0) >= 0
}

// The form of a multipart/signed field that readers agree on; run were Python's email,
// Ruby's mail, Perl's Email::MIME and MIME::Tools, PHP's mailparse and node's mailparser.
// RFC 2045 §5.1 without comments, quoted pairs, lines of blanks, empty parameters, a blank
// before = and tabs or folds behind it, in ASCII and with values in quotes where it wants
// them (Ruby's mail and Email::MIME read the others otherwise); RFC 2046 §5.1.1 for the boundary, in
// quotes if it has more than the characters of RFC 2231 §7: Python's reader ends an
// unquoted one at any other, so "a=b" is "a" for it.
const (
	fold       = `[ \t]*(?:\r?\n[ \t]+)?`
	word       = "[0-9A-Za-z!#$&+.^_`{|}~-]"
	inQuotes   = "[0-9A-Za-z!#$&+.^_`{|}~'()*%,/:=?-]"
	boundaryIs = `boundary= *(?:` + word + `{1,70}|"` + inQuotes + `(?:[ ]?` + inQuotes + `){0,69}")` + fold + `(?:;|$)`
	parameter  = word + `+= *(?:` + word + `+|"[ !#-[\]-~]*")`
)

var (
	agreedField = regexp.MustCompile(
		`^[^:]+:` + fold + `(?i:multipart/signed)(?:` + fold + `;` + fold + parameter + `)*` + fold + `;?` + fold + `$`,
	)
	agreedBoundary = regexp.MustCompile(`(?i)[;\s]` + boundaryIs)
)

// oneBoundary reports whether careless readers, too, find boundary and no other in the
// raw field: those that take the last of two, know no comments and quotes, nothing of
// RFC 2231, or decode RFC 2047 everywhere.
func oneBoundary(raw []byte, boundary string) bool {
	field := bytes.TrimRight(raw, "\r\n")
	mentions := strings.Count(
		strings.ToLower(string(field)),
		"boundary",
	) - strings.Count(
		strings.ToLower(boundary),
		"boundary",
	)
	return mentions == 1 && !bytes.Contains(field, []byte("=?")) && agreedField.Match(field) && agreedBoundary.Match(field)
}

// surroundings looks at what is around the signed part. Some readers take a line for
// a delimiter that only begins with it, go on behind the end, or end a line at a bare
// CR; the header of the signature part is one more that nobody signs.
func (e *Entity) surroundings(ctx context.Context, boundary string) (why, err error) {
	m, err := e.multipart(ctx)
	if err != nil {
		return nil, ignoreMalformed(err)
	}
	signature := m.parts[1]
	if why := signature.oddHeader(); why != nil {
		return why, nil
	}
	if signature.named(func(name string) bool { return name != "" && !cmsSuffixes[path.Ext(name)] }) {
		return malformedAt(signature.off, "a signature that bears the name of another file"), nil
	}
	dash := []byte("--" + boundary)
	from := e.body
	for i, d := range append(m.delimiters, delimiter{line: e.size}) {
		why, err = e.oddLines(ctx, from, d.line, dash, i)
		if why != nil || err != nil {
			return why, err
		}
		from = d.after
	}
	return nil, nil
}

// The text between the delimiters of a multipart/signed, by its place.
const (
	textInFront = 0
	signedPart  = 1
)

// oddLines finds lines that begin like a delimiter, in the signed part too: PHP's
// mailparse splits there (RFC 2046 §5.1.1 compares prefixes), and Dovecot, as is reported.
// The boundary is signed by nobody. For Python's reader and Ruby's mail a bare CR ends a
// line, so it does here. Around the parts it finds line ends that are none, and
// in front of them a colon, by which Perl's Email::MIME takes the text for a part.
func (e *Entity) oddLines(ctx context.Context, from, to int64, dash []byte, place int) (why, err error) {
	var seen oddOctets
	gap := e.gap(from, to)
	text := contextio.NewReader(ctx, gap)
	if place != signedPart {
		text = io.TeeReader(text, &seen)
	}
	if found, err := hasLine(text, bufferSize(gap, copyChunk), dash); found || err != nil {
		return malformedAt(e.off+from, "a line that begins like the boundary"), err
	}
	if seen.ends.odd || seen.ends.cr {
		return malformedAt(e.off+from, "a bare CR or a NUL around the parts"), nil
	}
	if place == textInFront && seen.colon {
		return malformedAt(e.off+from, "text with a colon in front of the parts"), nil
	}
	return nil, nil
}

// oddOctets looks for what readers disagree about in what is written to it.
type oddOctets struct {
	ends  lineEnds
	colon bool
}

func (o *oddOctets) Write(p []byte) (int, error) {
	o.colon = o.colon || bytes.IndexByte(p, ':') >= 0
	return o.ends.Write(p)
}

// lineEnds looks for bare CRs and NULs in what is written to it.
type lineEnds struct {
	odd bool
	cr  bool // the last octet was one
}

func (l *lineEnds) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	text := p
	if l.cr {
		l.odd = l.odd || p[0] != '\n'
	}
	l.cr = p[len(p)-1] == '\r'
	if l.cr {
		text = p[:len(p)-1]
	}
	l.odd = l.odd || bareCROrNUL(text)
	return len(p), nil
}

// hasLine reports whether a line begins with start, which is shorter than the buffer. A bare
// CR ends a line, too.
func hasLine(r io.Reader, buffer int, start []byte) (bool, error) {
	window := make([]byte, len(start)+buffer)
	window[0] = '\n' // the text begins a line
	kept := 1
	for {
		n, err := r.Read(window[kept:])
		text := window[:kept+n]
		if beginsLine(text, start) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		// What begins in the next to last octets may go on, and has one in front of it.
		kept = copy(window, text[max(0, len(text)-len(start)):])
	}
}

// beginsLine reports whether start follows a line end in text.
func beginsLine(text, start []byte) bool {
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], start)
		if i < 0 {
			return false
		}
		at += i
		if at > 0 && (text[at-1] == '\n' || text[at-1] == '\r') {
			return true
		}
	}
}
