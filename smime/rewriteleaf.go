package smime

// This file writes leaves anew: in another transfer encoding, under a label that is true.

import (
	"io"
	"strings"
)

// encodeLeaf is the leaf of a rule that is about transport: the body stays if it
// fits, else it is encoded.
func encodeLeaf(w *rewriter, e *Entity, at position) error {
	s, err := measure(w.source(e.Body()))
	if err != nil {
		return err
	}
	if w.fits(s) && !e.isBinaryData() {
		return w.verbatim(e, at, w.labels[e.encoding()])
	}
	c, err := decodeAsFarAsTrue(w.ctx, e, w.sp)
	if err != nil {
		return err
	}
	defer c.Close()
	encoding := encodingFor(e, s)
	fields := encoded(encoding)
	if e.isComposite() { // without its boundary, or beyond a bound
		if w.refuse {
			media, _ := e.ContentType()
			return malformedAt(e.off, "%s that cannot be taken apart, with content that must be encoded", media)
		}
		fields["content-type"] = "application/octet-stream"
	}
	if err := w.header(e, at, fields); err != nil {
		return err
	}
	return w.encode(w.source(c.reader()), encoding)
}

// isBinaryData reports whether the body is what its label says: octets that are no lines
// (RFC 2045 §2.9), even if they look so. As 8bit, readers change their line ends.
func (e *Entity) isBinaryData() bool {
	media, _ := e.ContentType()
	return e.encoding() == "binary" && !strings.HasPrefix(media, "text/") && !e.isComposite()
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
