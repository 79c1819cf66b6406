package smime

// This file writes header protection (RFC 9788 §5.2).

import (
	"context"
	"strings"

	"sealgate/spool"
)

// Protection is what is put inside the cryptographic payload.
type Protection struct {
	// Fields are the protected ones, verbatim; Content-* and MIME-Version are
	// left out.
	Fields []Field
	// Encrypted says that the payload will be encrypted (hp="cipher"), and Outer
	// what the header outside will be, for HP-Outer.
	Encrypted bool
	Outer     []Field
}

// Protect puts a header into content, which [Prepare] made and [Sign] or
// [Encrypt] takes. The result reads from content: close it before content.
func Protect(ctx context.Context, content *Entity, p Protection, sp *spool.Spool) (*Entity, error) {
	if err := needs(content, sp); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file := sp.Create()
	if _, err := file.Write(p.header(content)); err != nil {
		file.Close()
		return nil, err
	}
	var whole joined
	whole.add(file, 0, file.Size())
	whole.add(content.r, content.off+content.body, content.size-content.body)
	e, err := parseEntity(&Entity{r: &whole, size: whole.size, count: new(int)})
	if err != nil {
		file.Close()
		return nil, err
	}
	e.owned = file
	e.ready = content.ready
	return e, nil
}

// header is that of the payload: the protected fields, what the header outside
// will be, and content's own fields, with the mark on the type (RFC 9788 §2.1).
func (p *Protection) header(content *Entity) (header []byte) {
	for _, f := range p.Fields {
		if protectable(f) {
			header = append(header, f.Raw...)
		}
	}
	hp := "clear"
	if p.Encrypted {
		hp = "cipher"
		for _, f := range p.Outer {
			if protectable(f) {
				header = append(append(header, "HP-Outer: "...), f.Raw...)
			}
		}
	}
	kind := []byte("Content-Type: text/plain; charset=us-ascii\r\n") // RFC 2045 §5.2
	for _, f := range content.Fields {
		if strings.EqualFold(f.Name, "Content-Type") {
			kind = f.Raw
		} else {
			header = append(header, f.Raw...)
		}
	}
	return append(append(header, withParameter(kind, "hp", hp)...), "\r\n"...)
}

// protectable leaves out what describes the body, and an HP-Outer of somebody else's.
func protectable(f Field) bool {
	return f.Name != "" && !isContent(f.Name) && !strings.EqualFold(f.Name, "MIME-Version") &&
		!strings.EqualFold(f.Name, "HP-Outer")
}

// withParameter adds a parameter on a line of its own.
func withParameter(raw []byte, name, value string) []byte {
	v := strings.TrimRight(string(raw), "; \t\r\n")
	return []byte(v + ";\r\n " + name + "=\"" + value + "\"\r\n")
}
