package smime

// This file makes the root of what was decrypted, with as little in its header as a mail needs.

import (
	"context"
	"regexp"
	"strings"

	"sealgate/spool"
)

// Outer returns e as it may stand under a header that others come to see: notices
// quote it, filters and logs read it. Of e's fields it keeps the media type with a few
// parameters, the transfer encoding, and the disposition without a name; the boundary
// is a new one. What means nothing without more than that, and what has a file name,
// becomes the one part of a multipart/mixed, so that it stands in the body as it was.
// The result reads from e: close it before e.
func Outer(ctx context.Context, e *Entity, sp *spool.Spool) (*Entity, error) {
	if err := needs(e, sp); err != nil {
		return nil, err
	}
	m, err := e.multipart(ctx)
	if ignoreMalformed(err) != nil {
		return nil, err
	}
	w := &rewriter{ctx: ctx, sp: sp, file: sp.Create()}
	switch {
	case err != nil || e.needsMoreFields():
		err = w.wrapped(e)
	case m != nil:
		err = w.underNewBoundary(e, m)
	default:
		err = w.bareRoot(e)
	}
	if err != nil {
		w.file.Close()
		return nil, err
	}
	return w.result()
}

// needsFields are media types whose meaning is in parameters that do not stay outside.
var needsFields = map[string]bool{
	"multipart/signed": true, "multipart/encrypted": true, // protocol (RFC 1847 §2)
	"message/partial": true, "message/external-body": true, // id, access-type (RFC 2046 §5.2)
}

func (e *Entity) needsMoreFields() bool {
	media, _ := e.ContentType()
	return needsFields[media] || e.named(func(name string) bool { return name != "" })
}

// wrapped makes e the one part of a multipart.
func (w *rewriter) wrapped(e *Entity) error {
	boundary := newBoundary()
	head := "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n"
	if e.encoding() == "8bit" { // a multipart has the label of its parts (RFC 2045 §6.4)
		head += "Content-Transfer-Encoding: 8bit\r\n"
	}
	head += "\r\n--" + boundary + "\r\n"
	for _, f := range e.Fields {
		if isContent(f.Name) {
			head += string(f.Raw)
		}
	}
	return w.around(e, head+"\r\n", "\r\n--"+boundary+"--\r\n")
}

// around writes e's body between two texts.
func (w *rewriter) around(e *Entity, before, after string) error {
	if _, err := w.Write([]byte(before)); err != nil {
		return err
	}
	w.keep(e, e.body, e.size)
	_, err := w.Write([]byte(after))
	return err
}

// underNewBoundary writes the parts of e as they are. What stands before the first and
// after the last is left out: no reader shows it (RFC 2046 §5.1.1).
func (w *rewriter) underNewBoundary(e *Entity, m *multipart) error {
	boundary := newBoundary()
	line := e.outerFields(boundary) + "\r\n--" + boundary
	for _, p := range m.parts {
		if _, err := w.Write([]byte(line + "\r\n")); err != nil {
			return err
		}
		w.keep(p, 0, p.size)
		line = "\r\n--" + boundary
	}
	_, err := w.Write([]byte(line + "--\r\n"))
	return err
}

// bareRoot writes e with few fields.
func (w *rewriter) bareRoot(e *Entity) error { return w.around(e, e.outerFields("")+"\r\n", "") }

// outerFields are those of e that stay outside, with the boundary if there is one.
func (e *Entity) outerFields(boundary string) string {
	var out strings.Builder
	if len(e.Get("Content-Type")) > 0 {
		out.WriteString("Content-Type: " + e.outerType(boundary) + "\r\n")
	}
	if encoding := e.encoding(); len(e.Get("Content-Transfer-Encoding")) > 0 && token.MatchString(encoding) {
		out.WriteString("Content-Transfer-Encoding: " + encoding + "\r\n")
	}
	if d, _ := e.disposition(); token.MatchString(d) {
		out.WriteString("Content-Disposition: " + d + "\r\n")
	}
	return out.String()
}

// The forms of what stays outside: bounded, and free of anything that would need
// quotes within quotes (RFC 2045 §5.1, RFC 2392 for a Content-ID).
var (
	token     = regexp.MustCompile("^[A-Za-z0-9!#$&+.^_`{|}~-]{1,70}$")
	mediaType = regexp.MustCompile("^[A-Za-z0-9!#$&+.^_`{|}~-]{1,70}/[A-Za-z0-9!#$&+.^_`{|}~-]{1,127}$")
	contentID = regexp.MustCompile("^<?[A-Za-z0-9!#$&+.^_`{|}~=-]{1,100}@[A-Za-z0-9.-]{1,100}>?$")
)

// outerParameters are those that say how the body is to be read, each with its form.
var outerParameters = []struct {
	name string
	form *regexp.Regexp
}{
	{"charset", token}, {"format", token}, {"delsp", token}, // RFC 2046 §4.1.2, RFC 3676 §4
	{"method", token}, {"report-type", token}, // RFC 5546, RFC 6522 §3
	{"type", mediaType}, {"start", contentID}, // RFC 2387 §3
}

// outerType is the Content-Type that stays outside. A media type that is none is what
// readers make of it (RFC 2045 §5.2 and RFC 2046 §4): octets.
func (e *Entity) outerType(boundary string) string {
	media, params := e.ContentType()
	if !mediaType.MatchString(media) {
		return "application/octet-stream"
	}
	out := media
	for _, p := range outerParameters {
		if v := params[p.name]; p.form.MatchString(v) {
			out += ";\r\n " + p.name + "=\"" + v + "\""
		}
	}
	if boundary != "" {
		out += ";\r\n boundary=\"" + boundary + "\""
	}
	return out
}
