package proxy

// This file writes a copy as it goes over the wire: the fields as received with
// the engine's edits, then the body.

import (
	"io"

	"sealgate/gateway"
	"sealgate/smime"
	"sealgate/spool"
)

// render writes the copy d of msg to w, with CRLF, without dot-stuffing. One without
// changes is the message octet for octet, also where that has no header, or no empty
// line behind it.
func render(w io.Writer, msg *spool.File, d gateway.Delivery) error {
	if unchanged(d) {
		_, err := io.Copy(w, msg.NewReader())
		return err
	}
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		return err
	}
	if err := renderHeader(w, e.Fields, d.Edits); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\r\n"); err != nil {
		return err
	}
	body := e.Body()
	if d.Body != nil {
		body = io.NewSectionReader(d.Body, 0, d.Body.Size())
	}
	_, err = io.Copy(w, body)
	return err
}

func unchanged(d gateway.Delivery) bool { return len(d.Edits) == 0 && d.Body == nil }

// renderedSize is how many octets render writes.
func renderedSize(msg *spool.File, d gateway.Delivery) (int64, error) {
	if unchanged(d) {
		return msg.Size(), nil
	}
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil {
		return 0, err
	}
	var header counter
	if err := renderHeader(&header, e.Fields, d.Edits); err != nil {
		return 0, err
	}
	body := e.Body().Size()
	if d.Body != nil {
		body = d.Body.Size()
	}
	return int64(header) + int64(len("\r\n")) + body, nil
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// renderHeader applies the edits to the fields (gateway.HeaderEdit).
func renderHeader(w io.Writer, fields []smime.Field, edits []gateway.HeaderEdit) error {
	deleted := map[int]bool{}
	replaced := map[int]gateway.HeaderEdit{}
	inserted := map[int][]gateway.HeaderEdit{}
	for _, e := range edits {
		switch e.Op {
		case gateway.DeleteField:
			deleted[e.Index] = true
		case gateway.ReplaceField:
			replaced[e.Index] = e
		case gateway.InsertField:
			inserted[e.Index] = append(inserted[e.Index], e)
		case gateway.AppendField:
			inserted[len(fields)] = append(inserted[len(fields)], e)
		}
	}
	out := &fieldWriter{w: w}
	for i := range len(fields) + 1 {
		for _, e := range inserted[i] {
			out.field(e)
		}
		if i == len(fields) || deleted[i] {
			continue
		}
		if e, ok := replaced[i]; ok {
			out.field(e)
		} else {
			out.raw(fields[i].Raw)
		}
	}
	return out.err
}

// fieldWriter keeps the first error.
type fieldWriter struct {
	w   io.Writer
	err error
}

func (f *fieldWriter) field(e gateway.HeaderEdit) { f.raw([]byte(e.Name + ":" + e.Value + "\r\n")) }

func (f *fieldWriter) raw(p []byte) {
	if f.err == nil {
		_, f.err = f.w.Write(p)
	}
}
