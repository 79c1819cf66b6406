package smime

// This file takes the header that was put into the text for older software out again (RFC 9788
// §4.5).

import (
	"bytes"
	"context"
	"io"
	"strings"

	"golang.org/x/net/html"

	"sealgate/spool"
)

// maxLegacy bounds the text parts that are looked at and the header in them.
const maxLegacy = 1 << 20

// WithoutLegacyDisplay returns e without the copies of header fields that its
// text parts begin with, where hp-legacy-display says that there are some: who
// shows the protected header would show them twice. It returns e itself when
// nothing is to do; else the result reads from e: close it before e.
func WithoutLegacyDisplay(ctx context.Context, e *Entity, sp *spool.Spool) (*Entity, error) {
	if err := needs(e, sp); err != nil {
		return nil, err
	}
	if _, params := e.ContentType(); !strings.EqualFold(params["hp"], "cipher") {
		return e, nil
	}
	return rewrite(ctx, e, sp, rule{
		sealed: isSealed,
		field:  everyField,
		fits:   everyShape,
		leaf:   withoutLegacy,
	})
}

func withoutLegacy(w *rewriter, e *Entity, at position) error {
	media, params := e.ContentType()
	cut := map[string]func([]byte) []byte{"text/plain": cutPlain, "text/html": cutHTML}[media]
	if cut == nil || params["hp-legacy-display"] != "1" {
		return w.verbatim(e, at, "")
	}
	c, err := decode(w.ctx, e, e.encoding(), w.sp)
	if ignoreMalformed(err) != nil {
		return err
	}
	if err != nil || c.size > maxLegacy {
		return w.verbatim(e, at, "")
	}
	defer c.Close()
	text, err := io.ReadAll(c.reader())
	if err != nil {
		return err
	}
	if err := w.header(e, at, encoded("quoted-printable")); err != nil {
		return err
	}
	return w.encode(bytes.NewReader(cut(text)), "quoted-printable")
}

// cutPlain takes the block of fields off, with the empty line after it (RFC 9788
// §5.2.2).
func cutPlain(text []byte) []byte {
	_, n, done := parseHeader(text, true)
	if !done || !blankLine(append([]byte("\n"), text[:n]...)) {
		return text
	}
	return text[n:]
}

// cutHTML takes the element off that has the class (RFC 9788 §5.2.3).
func cutHTML(page []byte) []byte {
	z := html.NewTokenizer(bytes.NewReader(page))
	z.SetMaxBuf(maxLegacy)
	at := 0
	start := -1
	depth := 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return page
		}
		from := at
		at += len(z.Raw())
		name, _ := z.TagName()
		if kind != html.StartTagToken && kind != html.EndTagToken || string(name) != "div" {
			continue
		}
		switch {
		case kind == html.StartTagToken && start >= 0:
			depth++
		case kind == html.StartTagToken && hasClass(z, "header-protection-legacy-display"):
			start = from
		case kind == html.EndTagToken && start >= 0:
			if depth--; depth < 0 {
				return append(bytes.Clone(page[:start]), page[at:]...)
			}
		}
	}
}

func hasClass(z *html.Tokenizer, class string) bool {
	for {
		key, value, more := z.TagAttr()
		if string(key) == "class" {
			for _, c := range strings.Fields(string(value)) {
				if c == class {
					return true
				}
			}
			return false
		}
		if !more {
			return false
		}
	}
}
