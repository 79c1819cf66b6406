package gateway

// This file writes the copies that a plan asks for.

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/encodedword"
	"sealgate/smime"
)

// carryOut makes one delivery for each group of the plan.
func (m *outboundMail) carryOut(ctx context.Context, p *plan) (*Outcome, error) {
	if p.keep {
		out := accepted(Delivery{To: m.env.To, Edits: m.inClear()})
		m.identify(p, out.Deliveries)
		return out, nil
	}
	signed, err := m.content(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &Outcome{Disposition: Accept}
	for _, g := range p.groups {
		d, err := m.copyFor(ctx, p, g, signed)
		if err != nil {
			return nil, err
		}
		out.Deliveries = append(out.Deliveries, d)
	}
	m.identify(p, out.Deliveries)
	return out, nil
}

// content is what is sent in clear and what is encrypted, signed where that is planned;
// nil when the body stays as it is.
func (m *outboundMail) content(ctx context.Context, p *plan) (*smime.Entity, error) {
	if p.credential == nil && !p.encrypts() {
		return m.withoutInternal(ctx)
	}
	e := m.e
	if p.anew {
		opened, err := m.open(ctx, m.e)
		if err != nil {
			return nil, err
		}
		m.owned = append(m.owned, opened)
		e = opened.Inner
	}
	type step func(context.Context, *smime.Entity, *plan) (*smime.Entity, error)
	for _, next := range []step{m.prepare, m.protect, m.sign} {
		made, err := next(ctx, e, p)
		if err != nil {
			return nil, err
		}
		if made != e {
			m.owned = append(m.owned, made)
			e = made
		}
	}
	return e, nil
}

// withoutInternal is the mail without what is for this house alone in its parts and in the
// messages that it forwards; nil when there is nothing of that. What is signed stays whole.
func (m *outboundMail) withoutInternal(ctx context.Context) (*smime.Entity, error) {
	e, err := smime.OmitInside(ctx, m.e, m.g.internal, m.g.o.Spool)
	if err != nil || e == m.e {
		return nil, err
	}
	m.owned = append(m.owned, e)
	return e, nil
}

// prepare makes it survive the way (RFC 8551 §3.1.2), without what is for this house alone:
// RT repeats its template's header, with its orders, in the first part, and a forwarded
// message brings the status that we gave it.
func (m *outboundMail) prepare(ctx context.Context, e *smime.Entity, _ *plan) (*smime.Entity, error) {
	return smime.Prepare(ctx, e, smime.PrepareOptions{Omit: m.g.internal, Spool: m.g.o.Spool})
}

// identify finds the one Message-ID. Where several copies leave, or an encrypted one,
// a mail without it gets one: the next hop would make another for each copy, and what
// answers it would refer to nothing that is known here.
func (m *outboundMail) identify(p *plan, copies []Delivery) {
	m.id = messageID(m.e)
	if m.id != "" {
		return
	}
	encrypted := p.keep || p.encrypts()
	if !encrypted && (len(copies) < 2 || len(m.e.Get("Message-ID")) > 0) {
		return
	}
	m.id = strings.ToLower(rand.Text()) + "@" + m.g.o.AuthservID // random: the text has to stay secret
	for i := range copies {
		copies[i].Edits = append(copies[i].Edits, withMessageID(m.e, m.id)...)
	}
}

// protect copies the header into what is signed and encrypted (RFC 9788), where the
// settings ask for it, or where the Subject is to be hidden. A mail that is signed already
// is not changed inside: if its signature does not cover the Subject, the protected header
// is put around it, and is encrypted with it.
func (m *outboundMail) protect(ctx context.Context, content *smime.Entity, p *plan) (*smime.Entity, error) {
	wanted := m.hides(p) || !p.signed && m.g.o.Outbound.HeaderProtection != ProtectOff
	if !wanted || p.covered && p.signed {
		return content, nil
	}
	protection := smime.Protection{Fields: m.shown(), Encrypted: p.encryptsAll()}
	if protection.Encrypted {
		protection.Outer = m.shown()
		if m.hides(p) {
			protection.Outer = withSubject(protection.Outer, hiddenSubject)
		}
	}
	return smime.Protect(ctx, content, protection, m.g.o.Spool)
}

// shownFields are those that a reader shows. What servers add on the way (Received, and
// their like) is not the author's.
var shownFields = []string{
	"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
}

// shown are the fields of the mail that are protected.
func (m *outboundMail) shown() (fields []smime.Field) {
	for _, name := range shownFields {
		fields = append(fields, m.e.Get(name)...)
	}
	if len(m.tags) == 0 {
		return fields
	}
	for i, f := range fields {
		if isNamed(f, "Subject") {
			value := subjectValue(removeTags(encodedword.Decode(f.Value()), m.tags))
			fields[i].Raw = []byte(f.Name + ":" + value + "\r\n")
		}
	}
	return fields
}

func withSubject(fields []smime.Field, subject string) []smime.Field {
	fields = slices.Clone(fields)
	for i, f := range fields {
		if strings.EqualFold(f.Name, "Subject") {
			fields[i].Raw = []byte(f.Name + ": " + subject + "\r\n")
		}
	}
	return fields
}

// copyFor writes one group's copy.
func (m *outboundMail) copyFor(ctx context.Context, p *plan, g group, signed *smime.Entity) (Delivery, error) {
	switch {
	case g.served:
		return m.servedCopy(ctx, p, g, signed)
	case signed == nil:
		return Delivery{To: g.to, Edits: m.inClear()}, nil
	case g.encrypt == nil:
		return m.delivery(g, signed, m.untagged())
	}
	sealed, err := m.encrypt(ctx, g, signed)
	if err != nil {
		return Delivery{}, err
	}
	m.owned = append(m.owned, sealed)
	if m.hides(p) {
		return m.delivery(g, sealed, m.hidden())
	}
	return m.delivery(g, sealed, m.untagged())
}

// servedCopy is the copy of served mailboxes: as the helpdesk wrote it, with the status
// that the signed mail has when it comes back in.
func (m *outboundMail) servedCopy(ctx context.Context, p *plan, g group, signed *smime.Entity) (Delivery, error) {
	v, err := m.verdictForServed(ctx, p, signed)
	if err != nil {
		return Delivery{}, err
	}
	reply := replyAdvice{sign: m.box != nil && m.g.canSign(m.box)}
	if m.from != "" {
		reply.encrypt = m.g.canEncryptTo(ctx, m.from)
	}
	return Delivery{To: g.to, Edits: slices.Concat(m.stripped(), m.g.untagAll(m.e), m.g.statusFields(v, "", reply))}, nil
}

// verdictForServed is the verdict over what served mailboxes get: the signature that was asked
// for, or the mail as it is. A domain's signature is for the partners who believe it.
func (m *outboundMail) verdictForServed(ctx context.Context, p *plan, signed *smime.Entity) (*verdict.Verdict, error) {
	if p.credential != nil && !p.anew && !p.forDomain {
		return m.verdictOver(ctx, signed)
	}
	return m.verdictOver(ctx, m.e)
}

// untagged takes the tags that rules want removed out of the Subject.
func (m *outboundMail) untagged() []HeaderEdit { return withoutTags(m.e, m.tags) }

// inClear are the edits of a copy whose body stays. DKIM signatures do not survive another
// Subject.
func (m *outboundMail) inClear() []HeaderEdit {
	untagged := m.untagged()
	if len(untagged) == 0 {
		return m.stripped()
	}
	return slices.Concat(m.stripped(), deleteFields(m.e, brokenByUs), untagged)
}

// delivery is a copy with a new body; subject are the edits of its Subject.
func (m *outboundMail) delivery(g group, e *smime.Entity, subject []HeaderEdit) (Delivery, error) {
	if r := m.tooLarge(e); r != nil {
		return Delivery{}, r
	}
	edits := slices.Concat(m.stripped(), deleteFields(m.e, brokenByUs), contentFields(m.e, e), subject)
	return Delivery{To: g.to, Edits: edits, Body: e.Body()}, nil
}

// tooLarge judges the result before the first edit is sent.
func (m *outboundMail) tooLarge(e *smime.Entity) *refusal {
	limit := m.g.o.Limits.ResultSize
	size := m.e.BodyOffset() + e.Size()
	if limit == 0 || size <= limit {
		return nil
	}
	return refuse(TokenSize, size, limit)
}

// stripped removes what no mail may carry that leaves or goes to a mailbox of ours:
// our fields, results in our name, and Bcc.
func (m *outboundMail) stripped() []HeaderEdit {
	return append(deleteFields(m.e, m.g.lies), deleteFields(m.e, isHidden)...)
}

// hiddenSubject is what an RFC 9788 hidden Subject shows outside.
const hiddenSubject = "[...]"

// hidden replaces the Subject of an encrypted copy whose true one lies inside,
// and removes what Outlook repeats it in.
func (m *outboundMail) hidden() (edits []HeaderEdit) {
	for i, f := range m.e.Fields {
		switch {
		case strings.EqualFold(f.Name, "Subject"):
			edits = append(edits, HeaderEdit{Op: ReplaceField, Index: i, Name: f.Name, Value: " " + hiddenSubject})
		case strings.EqualFold(f.Name, "Thread-Topic"):
			edits = append(edits, HeaderEdit{Op: DeleteField, Index: i, Name: f.Name})
		}
	}
	return edits
}
