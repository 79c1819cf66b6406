package gateway

// This file finds out which encrypted mail an outbound one refers to: in its header,
// and in the receipts, reports and forwarded messages inside it.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/smime"
)

// answeringFields name the mail that a message answers (RFC 5322 §3.6.4), or that it is
// when it is sent on (§3.6.6).
var answeringFields = []string{"In-Reply-To", "References", "Resent-Message-ID"}

// embeddedFields name mail in the header of something that stands inside a message.
// Original-Message-ID is a receipt's (RFC 8098 §3.2.5); some write it, or the other
// spelling, into delivery reports.
var embeddedFields = []string{"Message-ID", "In-Reply-To", "References", "Original-Message-ID", "X-Original-Message-ID"}

// maxReferences bounds the Message-IDs of one mail that are looked up.
const maxReferences = 10000

// references is what an outbound mail says of others.
type references struct {
	answered  []string // Message-IDs that its header answers
	contained []string // those of what stands inside, and its own: it may be a mail sent on
	decrypted bool     // a status field of ours says that something decrypted stands here
	beyond    bool     // a bound was reached: there may be more
}

// readReferences looks into the header and into all that stands inside.
func (m *outboundMail) readReferences(ctx context.Context) (r references, err error) {
	for _, name := range answeringFields {
		r.answered = append(r.answered, messageIDs(m.e, name)...)
	}
	r.answered = unique(r.answered)
	found := make(map[string]bool)
	for _, id := range messageIDs(m.e, "Message-ID") {
		found[id] = true
	}
	r.decrypted = m.g.saysDecrypted(m.e.Fields)
	err = smime.Embedded(ctx, m.e, m.g.o.Spool, func(fields []smime.Field) {
		r.decrypted = r.decrypted || m.g.saysDecrypted(fields)
		for _, f := range fields {
			if !isOneOf(f.Name, embeddedFields) {
				continue
			}
			for _, id := range messageIDsOf(f) {
				found[id] = true
			}
			r.beyond = r.beyond || len(found) > maxReferences
		}
	})
	if errors.Is(err, smime.ErrBeyond) {
		r.beyond = true
		err = nil
	}
	for id := range found {
		r.contained = append(r.contained, id)
	}
	return r, err
}

func isOneOf(name string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// saysDecrypted reports whether a header has our status field of a mail that was
// decrypted: it is the ticket that is sent on.
func (g *Gateway) saysDecrypted(fields []smime.Field) bool {
	return slices.ContainsFunc(fields, func(f smime.Field) bool {
		rest, ours := g.ours(f.Name)
		return ours && rest == "encryption" &&
			strings.Contains(strings.ToLower(f.Value()), string(verdict.EncryptionDecrypted))
	})
}

// readReply finds out how this mail refers to encrypted ones.
func (m *outboundMail) readReply(ctx context.Context) error {
	found, err := m.readReferences(ctx)
	if err != nil {
		return fmt.Errorf("search for what this mail answers: %w", err)
	}
	m.reply.automatic = m.isAutomatic()
	m.reply.embedded = found.decrypted || found.beyond
	m.reply.refers = m.reply.embedded
	var to []string
	for _, recipient := range m.g.leaving(m.env.To) {
		to = append(to, ruleAddress(recipient))
	}
	for _, id := range found.answered {
		if err := m.refersTo(ctx, id, to); err != nil {
			return err
		}
		if err := m.refersToUnread(ctx, id, to); err != nil {
			return err
		}
	}
	for _, id := range found.contained {
		if err := m.contains(ctx, id); err != nil {
			return err
		}
	}
	m.reply.refers = m.reply.refers && len(to) > 0
	return nil
}

// contains takes in an encrypted mail that stands inside, or that this mail itself is:
// a ticket that is sent on. Our own that is sent once more is none.
func (m *outboundMail) contains(ctx context.Context, id string) error {
	memory, known, err := m.g.o.Store.Recall(ctx, replyKey(id))
	if err != nil {
		return fmt.Errorf("look-up of what this mail contains: %w", err)
	}
	if !known || memory.Own && id == messageID(m.e) {
		return nil
	}
	m.reply.refers = true
	m.reply.embedded = true
	m.hide = m.hide || memory.HiddenSubject
	return nil
}

// refersTo takes in an encrypted mail that was read or written here.
func (m *outboundMail) refersTo(ctx context.Context, id string, to []string) error {
	memory, known, err := m.g.o.Store.Recall(ctx, replyKey(id))
	if err != nil {
		return fmt.Errorf("look-up of what this mail answers: %w", err)
	}
	if !known {
		return nil
	}
	m.reply.refers = true
	m.hide = m.hide || memory.HiddenSubject
	for _, a := range to {
		m.reply.addressee(wroteHere(memory, id, a))
	}
	return nil
}

// refersToUnread takes in an encrypted mail that could not be decrypted: it counts for
// mail to those who wrote it.
func (m *outboundMail) refersToUnread(ctx context.Context, id string, to []string) error {
	_, known, err := m.g.o.Store.Recall(ctx, anyUnreadKey(id))
	if err != nil || !known {
		return err
	}
	wrote := make([]bool, len(to))
	for i, a := range to {
		_, wrote[i], err = m.g.o.Store.Recall(ctx, unreadKey(id, a))
		if err != nil {
			return fmt.Errorf("look-up of what this mail answers: %w", err)
		}
	}
	if !slices.Contains(wrote, true) {
		return nil
	}
	m.reply.refers = true
	for _, w := range wrote {
		m.reply.addressee(w)
	}
	return nil
}

// isAutomatic reports whether no person wrote the mail (RFC 3834 §3.1.7, §2: a null
// sender; receipts and delivery reports, RFC 6522).
func (m *outboundMail) isAutomatic() bool {
	if m.env.From == "" || m.saysAutoSubmitted() {
		return true
	}
	for _, f := range m.e.Get("Precedence") {
		if isOneOf(strings.TrimSpace(f.Value()), []string{"bulk", "junk", "list", "auto_reply"}) {
			return true
		}
	}
	media, _ := m.e.ContentType()
	return media == "multipart/report"
}
