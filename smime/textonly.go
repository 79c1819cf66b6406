package smime

// This file makes plain text of HTML, with nothing that is fetched from elsewhere.

import (
	"bufio"
	"context"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"sealgate/spool"
)

// TextOnly returns e with every HTML, XML or SVG part as plain text in UTF-8,
// those of messages within it too. Text is all that is left of it: no link, no
// image, no style, so that opening it fetches nothing (EFAIL). References to
// bodies elsewhere (message/external-body) become text as well. It returns e
// itself when nothing is to do; else the result reads from e: close it before e.
func TextOnly(ctx context.Context, e *Entity, sp *spool.Spool) (*Entity, error) {
	if err := needs(e, sp); err != nil {
		return nil, err
	}
	return rewrite(ctx, e, sp, rule{
		sealed: func(*Entity) bool { return false },
		field:  everyField,
		fits:   everyShape,
		leaf:   textLeaf,
		within: true,
		single: true,
	})
}

// maxToken bounds one tag, comment or run of text of an HTML part. What is
// longer ends the text, with a word.
const maxToken = 1 << 20

const textCut = "\r\n[…]\r\n"

// fetches reports whether showing the leaf may fetch something. Readers differ in
// what they make of types that are unusual, doubled or misspelt, so all text but
// some kinds counts, and all that speaks of HTML.
func fetches(e *Entity) bool {
	for _, f := range e.Get("Content-Type") {
		media, _ := parseParameters(f.Value())
		if strings.HasPrefix(media, "text") && !plainText[media] || e.isComposite() {
			return true
		}
		for _, word := range []string{"html", "svg", "external-body", "application/xml", "+xml"} {
			if strings.Contains(media, word) {
				return true
			}
		}
	}
	return false
}

// plainText are the kinds of text that are shown as they are.
var plainText = map[string]bool{
	"text/plain":     true,
	"text/csv":       true,
	"text/calendar":  true,
	"text/vcard":     true,
	"text/x-vcard":   true,
	"text/directory": true,
}

// textFields replace those that told of HTML.
var textFields = newFields{
	"content-type": "text/plain; charset=utf-8", "content-transfer-encoding": "base64",
	"content-disposition": "", "content-location": "", "content-base": "", "content-md5": "",
}

func textLeaf(w *rewriter, e *Entity, at position) error {
	_, params := e.ContentType()
	if !fetches(e) {
		return w.verbatim(e, at, "")
	}
	c, err := decode(w.ctx, e, e.encoding(), w.sp)
	if ignoreMalformed(err) != nil {
		return err
	}
	if err != nil { // the encoding lies: take it as it stands
		c, err = decode(w.ctx, e, "binary", w.sp)
		if err != nil {
			return err
		}
	}
	defer c.Close()
	if err := w.header(e, at, textFields); err != nil {
		return err
	}
	src := w.source(c.reader())
	if r, err := charset.NewReaderLabel(params["charset"], src); err == nil {
		src = r
	}
	lines := newBase64Writer(w)
	if err := writeText(lines, src); err != nil {
		return err
	}
	return lines.Close()
}

// writeText writes the text of an HTML document with CRLF, in one pass.
func writeText(dst io.Writer, src io.Reader) error {
	t := textWriter{w: bufio.NewWriter(dst)}
	z := html.NewTokenizer(src)
	z.SetMaxBuf(maxToken)
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return t.end(z.Err())
		case html.TextToken:
			t.text(string(z.Text()))
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			t.tag(string(name), kind)
		}
	}
}

// end writes what is left; err is why the document ended.
func (t *textWriter) end(err error) error {
	switch err {
	case io.EOF:
	case html.ErrBufferExceeded:
		t.w.WriteString(textCut)
	default:
		return err
	}
	t.w.WriteString("\r\n")
	return t.w.Flush()
}

// unseen tells the elements whose content is not text.
func unseen(tag string) bool {
	switch tag {
	case "script", "style", "head", "noscript", "template", "iframe", "object":
		return true
	}
	return false
}

// textWriter writes words with single blanks between them, and empty lines
// where blocks end.
type textWriter struct {
	w      *bufio.Writer
	hidden string // the element that we are in and that is not shown
	begun  bool   // something was written
	blank  bool   // before the next word
	lines  int    // before the next word
}

func (t *textWriter) tag(name string, kind html.TokenType) {
	switch {
	case t.hidden == name && kind == html.EndTagToken:
		t.hidden = ""
	case t.hidden != "":
	case kind == html.StartTagToken && unseen(name):
		t.hidden = name
	default:
		t.separate(name)
	}
}

// separate leaves room where a block begins or ends.
func (t *textWriter) separate(name string) {
	switch name {
	case "br", "tr", "li", "dt", "dd", "div", "option":
		t.lines = max(t.lines, 1)
	case "p", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "hr":
		t.lines = 2
	case "td", "th":
		t.blank = true
	}
}

// text writes a run of text; z.Text has undone its entities.
func (t *textWriter) text(s string) {
	for len(s) > 0 && t.hidden == "" {
		i := strings.IndexAny(s, " \t\r\n\f")
		if i == 0 {
			t.blank = true
			s = s[1:]
			continue
		}
		if i < 0 {
			i = len(s)
		}
		t.word(s[:i])
		s = s[i:]
	}
}

func (t *textWriter) word(s string) {
	switch {
	case !t.begun:
	case t.lines > 0:
		t.w.WriteString("\r\n\r\n"[:2*t.lines])
	case t.blank:
		t.w.WriteByte(' ')
	}
	t.begun = true
	t.blank = false
	t.lines = 0
	t.w.WriteString(strings.ReplaceAll(s, "\x00", ""))
}
