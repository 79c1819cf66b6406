package smime

// This file puts a result under the header of the message.

import (
	"bytes"
	"strings"
)

// WithHeader returns the message whose header is header, as a [Message] or an
// [Entity] gives its Fields, and whose content is content, which [Sign], [Encrypt]
// or [Prepare] made: the fields of header that describe another body (Content-*)
// and MIME-Version give way to those of content (RFC 8551 §3.1). A line of an mbox
// ("From ") stays out; line ends become CRLF. The result reads from content: close
// content after the last use. Closing the result does not close content.
func WithHeader(header []Field, content *Entity) (*Entity, error) {
	if content == nil || content.r == nil {
		return nil, errNoEntity
	}
	var raw []byte
	for _, f := range header {
		if f.Name == "" || isContent(f.Name) || strings.EqualFold(f.Name, "MIME-Version") {
			continue
		}
		raw = append(raw, bytes.TrimRight(f.Raw, "\r\n")...)
		raw = append(raw, "\r\n"...)
	}
	raw = append(raw, "MIME-Version: 1.0\r\n"...)
	var text bytes.Buffer
	if err := ToCRLF(&text, bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	var whole joined
	whole.addBytes(text.Bytes())
	whole.add(content.r, content.off, content.size)
	return parseEntity(&Entity{r: &whole, size: whole.size, count: new(int)})
}
