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
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/address"
	"sealgate/internal/contextio"
	"sealgate/smime"
	"sealgate/spool"
)

// hasEncrypted reports whether the mail has an encrypted layer. The outermost one
// everybody can see.
func hasEncrypted(opened *smime.Message) bool {
	return slices.ContainsFunc(opened.Layers, func(l smime.Layer) bool { return l.Encrypted() })
}

// tried reports whether keys of ours were tried on the mail. Those that no RecipientInfo
// names are, too, and then it is for none of them if none decrypts: so what became of it
// says nothing here.
func (m *inboundMail) tried() bool { return m.encrypted && len(m.keys) > 0 }

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

// machineFields ask machines on the way for an answer when they hand a mail over, which
// quotes its header.
var machineFields = []string{"Return-Receipt-To", "Errors-To"}

// senderFields say which sender the envelope had, and take out what would make others
// than it be written to.
func (m *inboundMail) senderFields() []HeaderEdit {
	edits := deleteFields(m.e, func(name string) bool {
		return slices.ContainsFunc(machineFields, func(f string) bool { return strings.EqualFold(f, name) })
	})
	if m.g.o.Headers.Omit["sender"] {
		return edits
	}
	return append(edits, field(m.g.o.Headers.Prefix+"Sender", phrase("<"+m.env.From+">", maxSender)))
}

// maxSender bounds what X-SMIME-Sender quotes: the longest path, with its
// brackets (RFC 5321 §4.5.3.1.3), and what encoding it adds.
const maxSender = 512

// withheld is why a mail that could have been opened is handed over as it came.
type withheld string

// The reasons; each has a sentence in every language.
const (
	withheldNotices withheld = "notices" // its sender asks for notices that cannot be kept from him
	withheldRule    withheld = "rule"    // [on] wants it refused, which would be an answer
	withheldSize    withheld = "size"    // opened it is larger than what may be delivered
	withheldTime    withheld = "time"    // it takes too long to open
	withheldAltered withheld = "altered" // its content key was first seen with another content
	withheldSender  withheld = "sender"  // an answer could go to whom it could not when it first came
	withheldFull    withheld = "full"    // the store has no room for another content key
	withheldFault   withheld = "fault"   // the gateway cannot open it now
)

// errTooLarge is a copy that the next hop may refuse, with an answer to the sender.
var errTooLarge = errors.New("gateway: what was decrypted is larger than limits.message_size")

// roomForFields is what our fields take beside the body and the fields that came; each
// is bounded (headers.go).
const roomForFields = 16 << 10

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

// reason sorts a fault.
func reason(err error) withheld {
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, spool.ErrShare):
		return withheldSize
	case errors.Is(err, context.DeadlineExceeded):
		return withheldTime
	}
	return withheldFault
}

// leftAsItCame hands the mail over without anything that opening it brought. That
// needs no room, no time and no key, so it cannot fail.
func (m *inboundMail) leftAsItCame(ctx context.Context, why withheld) *Outcome {
	m.withheld = why
	v := &verdict.Verdict{Signature: verdict.SignatureNone, Encryption: verdict.EncryptionUndecryptable}
	v.From, _ = verdict.FromAddress(m.e)
	if m.verdict == nil {
		m.verdict = v
		m.rememberLeft(ctx)
	}
	to := m.env.To
	var others []string
	if m.env.CanSplit {
		others = slices.DeleteFunc(slices.Clone(to), func(r string) bool { return m.served[r] != nil })
		to = slices.DeleteFunc(slices.Clone(to), func(r string) bool { return m.served[r] == nil })
	}
	out := accepted(m.confidential(Delivery{To: to, Edits: m.withStatus(ctx, v, m.e, nil)}))
	if len(others) > 0 {
		out.Deliveries = append(out.Deliveries, Delivery{To: others, Edits: m.strip})
	}
	return out
}

// rememberLeft remembers a mail that a fault kept closed before it was remembered: what
// answers it answers a secret. The mail is taken whatever the store says.
func (m *inboundMail) rememberLeft(ctx context.Context) {
	m.opened = &smime.Message{Outer: m.e, Inner: m.e} // as it came
	err := m.identify()
	if err == nil {
		err = m.rememberMail(ctx)
	}
	if err != nil {
		m.log.Error("an encrypted mail is not remembered: answers to it may leave in clear", "error", err)
	}
}

// discreet carries out an action for a mail on which a key was tried. A refusal would be an
// answer, so the mail is held instead, where that is possible in place: copies that go
// by another way are not held. Where it is not, the mail is handed over as it came,
// which shows nobody what the action is to keep from him. A copy that strangers share
// holds nothing that was decrypted, and whether it arrives would be an answer, too.
func (m *inboundMail) discreet(ctx context.Context, d decision, out *Outcome) *Outcome {
	if d.action.strictness() < QuarantineMail.strictness() {
		return out
	}
	if !m.env.CanSplit && len(m.served) < len(m.env.To) {
		m.log.Warn("not refused or held, because a recipient who is not ours would see it",
			"cause", d.cause, "action", string(d.action))
		return out
	}
	if m.env.CanHold && len(out.Deliveries) == 1 && !m.env.WantsNotices {
		d.action = QuarantineMail
		return d.hold(out, m.env)
	}
	m.log.Warn(
		"not refused, because the answer would tell the sender what was decrypted: left as it came",
		"cause",
		d.cause,
		"action",
		string(d.action),
	)
	return m.leftAsItCame(ctx, withheldRule)
}
