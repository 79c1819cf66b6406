package smime

// This file reads header protection (RFC 9788), and the message/rfc822 wrapping before it.

import (
	"slices"
	"strings"
)

// protectedHeader reads the header of the payload, and takes a message out of
// the message/rfc822 that older software put around it.
func (m *Message) protectedHeader() error {
	if m.Undecryptable != nil || m.Malformed != nil || m.NotMail != nil || m.CertsOnly ||
		!m.has((*Layer).Encrypted) && !m.has((*Layer).Signed) {
		return nil
	}
	media, params := m.Inner.ContentType()
	if hp := strings.ToLower(params["hp"]); hp == "clear" || hp == "cipher" {
		m.Protected = newProtected(m.Inner, hp == "cipher")
		return nil
	}
	if media != "message/rfc822" || !identity[m.Inner.encoding()] {
		return nil
	}
	wrapped, err := m.Inner.message()
	if err != nil {
		return ignoreMalformed(err)
	}
	if strings.EqualFold(params["forwarded"], "no") || m.sameMessage(wrapped) {
		wrapped.owned = m.Inner.owned
		m.Inner.owned = nil
		m.Inner = wrapped
		m.Protected = newProtected(wrapped, m.has((*Layer).Encrypted))
		m.Protected.Outer = m.Outer.Fields // there is no HP-Outer
	}
	return nil
}

// has reports whether there is such a layer.
func (m *Message) has(kind func(*Layer) bool) bool {
	return slices.ContainsFunc(m.Layers, func(l Layer) bool { return kind(&l) })
}

// sameMessage reports whether e is the message itself rather than one that is forwarded in it.
func (m *Message) sameMessage(e *Entity) bool {
	for _, name := range []string{"From", "Date", "Message-ID"} {
		protected := e.Get(name)
		outside := m.Outer.Get(name)
		if len(protected) != 1 || len(outside) != 1 || protected[0].Value() != outside[0].Value() {
			return false
		}
	}
	return true
}

func newProtected(e *Entity, cipher bool) *Protected {
	p := &Protected{Cipher: cipher}
	for _, f := range e.Fields {
		switch {
		case isContent(f.Name), strings.EqualFold(f.Name, "MIME-Version"), f.Name == "":
		case strings.EqualFold(f.Name, "HP-Outer"):
			if v := f.Value(); strings.Contains(v, ":") {
				name, _, _ := strings.Cut(v, ":")
				p.Outer = append(p.Outer, Field{Raw: []byte(v + "\r\n"), Name: strings.TrimSpace(name)})
			}
		default:
			p.Fields = append(p.Fields, f)
		}
	}
	return p
}
