package gateway

// This file keeps from whoever sent a mail what decrypting it brought:
// no notice about the copy goes to him, and no answer depends on it. All of it holds
// for every mail with an encrypted layer, whatever became of that: what decides must
// not depend on whether a padding was good.

import (
	"context"
	"errors"
	"io"
	"slices"

	"sealgate/internal/address"
	"sealgate/internal/contextio"
)

// confidential is a copy with the sender that its notices may go to, if the mail came
// encrypted.
func (m *inboundMail) confidential(d Delivery) Delivery {
	if m.encrypted && len(d.To) > 0 {
		d.CameEncrypted = true
		d.Sender = m.bounceTo(d.To)
	}
	return d
}

// bounceTo is the reverse-path of a copy: an address of the house, where bounces may
// show what the copy does. A mail that is itself a notice keeps none (RFC 5321 §6.1):
// if it got one, bounces of bounces could go in a circle.
func (m *inboundMail) bounceTo(to []string) string {
	switch {
	case m.env.From == "":
		return ""
	case m.g.o.Inbound.BounceTo != "":
		return m.g.o.Inbound.BounceTo
	}
	for _, recipient := range to {
		if box := m.served[recipient]; box != nil {
			return Postmaster(box.Addresses[0])
		}
	}
	return ""
}

// Postmaster is the address for notices at the domain of another one; every domain has
// it (RFC 5321 §4.5.1).
func Postmaster(normal string) string { return "postmaster@" + address.Domain(normal) }

// senderFields say which sender the envelope had, and take out what would make others
// than it be written to.
func (m *inboundMail) senderFields() []HeaderEdit {
	edits := deleteFields(m.e, asksMachines)
	if m.g.o.Headers.Omit["sender"] {
		return edits
	}
	return append(edits, field(m.g.o.Headers.Prefix+"Sender", phrase("<"+m.env.From+">", maxSender)))
}

// maxSender bounds what X-SMIME-Sender quotes: the longest path, with its
// brackets (RFC 5321 §4.5.3.1.3), and what encoding it adds.
const maxSender = 512

// errTooLarge is a copy that the next hop may refuse, with an answer to the sender.
var errTooLarge = errors.New("gateway: what was decrypted is larger than limits.message_size")

// roomForFields is what our fields take beside the body and the fields that came; each
// is bounded (headers.go).
const roomForFields = 16 << 10

// roomForExplanation is what a part with one of our texts takes besides (language.go).
const roomForExplanation = roomForFields + 4<<10

// errEightBit is a copy that the next hop refuses where 8-bit text may not go.
var errEightBit = errors.New("gateway: what was decrypted has 8-bit text in the header of a part")

// sevenBit refuses a decrypted body with 8-bit text that no encoding takes away, such as
// a raw file name, where the adapter would refuse it, with an answer to the sender.
func (m *inboundMail) sevenBit(ctx context.Context, body *io.SectionReader) error {
	if !m.encrypted || !m.env.SevenBit {
		return nil
	}
	_, err := io.Copy(sevenBitOnly{}, contextio.NewReader(ctx, io.NewSectionReader(body, 0, body.Size())))
	return err
}

// sevenBitOnly takes 7-bit text only.
type sevenBitOnly struct{}

func (sevenBitOnly) Write(p []byte) (int, error) {
	if slices.ContainsFunc(p, func(c byte) bool { return c >= 0x80 }) {
		return 0, errEightBit
	}
	return len(p), nil
}

// fits refuses a new body that could be too large further on.
func (m *inboundMail) fits(body *io.SectionReader) error {
	most := m.g.o.Limits.ResultSize
	if m.encrypted && most > 0 && m.e.BodyOffset()+body.Size()+roomForFields > most {
		return errTooLarge
	}
	return nil
}
