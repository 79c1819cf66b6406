package smime

// This file looks at what is signed or encrypted below the root: it is seen, never opened.

import (
	"context"
	"strings"
)

// lookBelow sets the Partial flags. The entity itself does not count: it was
// undone, or it is told elsewhere why not.
func (m *Message) lookBelow(ctx context.Context, e *Entity) error {
	media, _ := e.ContentType()
	if !strings.HasPrefix(media, "multipart/") {
		return nil
	}
	parts, err := e.partsWithin(ctx)
	if err != nil {
		return ignoreMalformed(err)
	}
	for _, p := range parts {
		if err := m.look(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (m *Message) look(ctx context.Context, p *Entity) error {
	if IsAttachment(p) {
		return nil
	}
	if content, _, err := p.detached(ctx); err != nil || content != nil {
		m.PartialSigned = true
		if ignoreMalformed(err) != nil {
			return err
		}
	}
	if claimOf(p) == claimsNothing {
		return m.lookBelow(ctx, p)
	}
	signed, encrypted, damaged, err := peekType(p)
	m.PartialSigned = m.PartialSigned || signed
	m.PartialEncrypted = m.PartialEncrypted || encrypted
	m.PartialDamaged = m.PartialDamaged || damaged && isPKCS7Mime(p)
	return err
}

// isPKCS7Mime reports whether a part says that it is S/MIME, other than by a file name that is
// an attachment's too, and is no detached signature.
func isPKCS7Mime(p *Entity) bool {
	media, _ := p.ContentType()
	return isPKCS7(media) && !isPKCS7Signature(media)
}

// IsAttachment tells what is opaque: attachments and messages. "smime.p7m" is
// the name that RFC 8551 §3.2.1 gives to a part of the message itself, whatever
// its disposition.
func IsAttachment(p *Entity) bool {
	kind, _ := p.disposition()
	return kind == "attachment" && !p.named(func(name string) bool { return name == "smime.p7m" })
}
