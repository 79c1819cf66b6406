package gateway

// This file turns an opened message back into an ordinary mail: the copies of
// an inbound delivery.

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/contextio"
	"sealgate/internal/encodedword"
	"sealgate/smime"
	"sealgate/spool"
)

// newBoundary is a multipart delimiter that cannot stand in the content by
// chance: 16 random bytes.
func newBoundary() (string, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return fmt.Sprintf("=_sealgate_%x", b), nil
}

// subject edits the Subject: our tags out, the protected one in place of what stands
// outside (RFC 9788 §4.2), our tag in. Without a change there is no edit.
func (m *inboundMail) subject(v *verdict.Verdict, e *smime.Entity) []HeaderEdit {
	fields := e.Get("Subject")
	protected, heeded := m.protectedSubject(v)
	if len(fields) > 1 && !heeded {
		return m.g.untagAll(e) // RFC 5322 allows one; which of them is shown, nobody knows
	}
	was := ""
	if len(fields) == 1 {
		was = encodedword.Decode(fields[0].Value())
	}
	now := m.g.untag(was)
	if heeded {
		now = m.g.untag(protected)
	}
	if t := m.g.tag(v); t != "" {
		now = t + " " + now
	}
	if now == was && len(fields) <= 1 {
		return nil
	}
	value := fold(len("Subject:"), strings.Fields(phrase(now, maxSubject)))
	if len(fields) == 0 {
		return []HeaderEdit{{Op: AppendField, Name: "Subject", Value: value}}
	}
	edits := deleteFields(e, named("Subject"))
	edits[0] = HeaderEdit{Op: ReplaceField, Index: edits[0].Index, Name: fields[0].Name, Value: value}
	return edits
}

// protectedSubject is the Subject that the sender protected, for the copies whose verdict
// is v: who cannot open the mail must not read a hidden one. Of several, nobody knows
// which is shown.
func (m *inboundMail) protectedSubject(v *verdict.Verdict) (string, bool) {
	if v != m.verdict || !v.HeedsProtected(m.opened) {
		return "", false
	}
	f := m.opened.Protected.Get("Subject")
	if len(f) != 1 {
		return "", false
	}
	return encodedword.Decode(f[0].Value()), true
}

// readable is the copy for those who own the mail: the entity shown, with its
// own Content-* fields, and the status.
func (m *inboundMail) readable(ctx context.Context, to []string, text bool) (Delivery, error) {
	if len(to) == 0 {
		return Delivery{}, nil
	}
	if m.opened.Undecryptable != nil {
		return m.explained(ctx, to, m.verdict, m.e)
	}
	if m.needsExplanation() && !text {
		return m.closedExplained(ctx, to)
	}
	if m.keepsSignature() && !text {
		return Delivery{To: to, Edits: m.withStatus(ctx, m.verdict, m.e, nil)}, nil
	}
	shown, err := m.ordinary(ctx, text)
	if err != nil {
		return Delivery{}, err
	}
	body := shown.Body()
	if err := m.fits(body); err != nil {
		return Delivery{}, err
	}
	if err := m.sevenBit(ctx, body); err != nil {
		return Delivery{}, err
	}
	if m.heldDamage() && m.hasRoom(body) {
		return m.explained(ctx, to, m.verdict, shown)
	}
	edits := m.withStatus(ctx, m.verdict, m.e, contentFields(m.e, shown))
	return m.confidential(Delivery{To: to, Edits: edits, Body: body}), nil
}

// keepsSignature reports whether keep_signature leaves the body alone.
func (m *inboundMail) keepsSignature() bool {
	return m.g.o.Inbound.KeepSignature && m.onlyDetached()
}

// onlyDetached reports whether nothing but detached signatures was undone.
func (m *inboundMail) onlyDetached() bool {
	return !slices.ContainsFunc(m.opened.Layers, func(l smime.Layer) bool { return l.Type != smime.SignedDetached })
}

// ordinary is the entity shown as legal mail, its HTML as text where asked.
func (m *inboundMail) ordinary(ctx context.Context, text bool) (*smime.Entity, error) {
	shown := m.opened.Inner
	var steps []func(context.Context, *smime.Entity, *spool.Spool) (*smime.Entity, error)
	if m.opened.Protected != nil {
		steps = append(steps, smime.WithoutLegacyDisplay) // the Subject is restored, it need not stand in the text
	}
	if !m.onlyDetached() { // what was not inside CMS has come by SMTP, and is legal
		steps = append(steps, smime.Legalize)
	}
	if text {
		steps = append(steps, smime.TextOnly)
	}
	if m.decrypted() && m.env.SevenBit { // a refusal would tell the sender of a letter
		steps = append(steps, func(ctx context.Context, e *smime.Entity, sp *spool.Spool) (*smime.Entity, error) {
			return smime.Prepare(ctx, e, smime.PrepareOptions{Spool: sp})
		})
	}
	if m.decrypted() {
		steps = append(steps, smime.Outer)
	}
	endTurn, err := m.spool.Turn(ctx)
	if err != nil {
		return nil, err
	}
	defer endTurn()
	for _, step := range steps {
		next, err := step(ctx, shown, m.spool)
		if err != nil {
			return nil, err
		}
		if next != shown {
			m.owned = append(m.owned, next)
			shown = next
		}
	}
	return shown, nil
}

// unreadable is the copy for a served mailbox whose keys do not open the mail.
func (m *inboundMail) unreadable(ctx context.Context, to []string) (Delivery, error) {
	if len(to) == 0 {
		return Delivery{}, nil
	}
	v, err := m.withoutKeys(ctx)
	if err != nil {
		return Delivery{}, err
	}
	return m.explained(ctx, to, v, m.e)
}

// untouched is the one copy for recipients who may not all read the same: the
// body stays, the status says what a reader without our keys could know.
func (m *inboundMail) untouched(ctx context.Context) (*Outcome, error) {
	v := m.verdict
	if m.encrypted {
		var err error
		v, err = m.withoutKeys(ctx)
		if err != nil {
			return nil, err
		}
	}
	m.entry.Closed = "one copy for recipients who may not all read the same"
	return accepted(m.confidential(Delivery{To: m.env.To, Edits: m.withStatus(ctx, v, m.e, nil)})), nil
}

// withoutKeys judges the message as somebody without keys sees it.
func (m *inboundMail) withoutKeys(ctx context.Context) (*verdict.Verdict, error) {
	opened, err := m.openWith(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return m.g.verdictOf(ctx, opened, "")
}

// needsExplanation reports whether the mail stays as it came and shows an agent nothing, or
// only what is beside an encrypted part, and an explanation has room in front.
func (m *inboundMail) needsExplanation() bool {
	if !m.g.o.Inbound.ExplainPart || m.opened.Inner != m.opened.Outer || !m.hasRoom(m.e.Body()) {
		return false
	}
	return m.verdict.Encryption == verdict.EncryptionPartial || m.isUnreadable(m.e)
}

// heldDamage reports whether S/MIME that is damaged, and nothing else, was inside what was
// decrypted, and shall be explained.
func (m *inboundMail) heldDamage() bool {
	return m.g.o.Inbound.ExplainPart && m.decrypted() && m.opened.Malformed != nil && m.isUnreadable(m.opened.Inner)
}

// hasRoom reports whether an explanation can stand in front of a body within the limit.
func (m *inboundMail) hasRoom(body *io.SectionReader) bool {
	most := m.g.o.Limits.ResultSize
	return most <= 0 || m.e.BodyOffset()+body.Size()+roomForExplanation <= most
}

// isUnreadable reports whether e is S/MIME that nobody can read, and nothing else.
func (m *inboundMail) isUnreadable(e *smime.Entity) bool {
	if m.verdict.Signature == verdict.SignatureNone && m.verdict.Encryption == verdict.EncryptionNone {
		return false // a file, or certificates
	}
	media, _ := e.ContentType()
	kind, _, _ := strings.Cut(media, "/")
	return kind != "text" && kind != "multipart" && kind != "message"
}

// closedExplained is the copy of a mail that is not opened: a readable part in front of it
// all. What keeps us from that keeps no mail.
func (m *inboundMail) closedExplained(ctx context.Context, to []string) (Delivery, error) {
	d, err := m.explained(ctx, to, m.verdict, m.e)
	if err != nil {
		m.log.Warn("a mail that nobody can read is handed over without an explanation", "error", err)
		return m.confidential(Delivery{To: to, Edits: m.withStatus(ctx, m.verdict, m.e, nil)}), nil
	}
	return d, nil
}

// explained is the copy of a mail that shows nothing: a readable part with a text for people
// in front, behind it the original untouched, or what was found in it.
func (m *inboundMail) explained(
	ctx context.Context,
	to []string,
	v *verdict.Verdict,
	behind *smime.Entity,
) (Delivery, error) {
	if !m.g.o.Inbound.ExplainPart {
		return m.confidential(Delivery{To: to, Edits: m.withStatus(ctx, v, m.e, nil)}), nil
	}
	body, contentType, err := m.explainBody(ctx, behind, speak(m.g.o.Language).explanation(v, m.withheld))
	if err != nil {
		return Delivery{}, err
	}
	content := deleteContent(m.e)
	content = append(content, HeaderEdit{Op: AppendField, Name: "Content-Type", Value: " " + contentType})
	return m.confidential(Delivery{To: to, Edits: m.withStatus(ctx, v, m.e, withVersion(m.e, content)), Body: body}), nil
}

// explainBody writes the multipart of explained, with a text for people and what stands
// behind it, and returns its Content-Type.
func (m *inboundMail) explainBody(
	ctx context.Context,
	behind *smime.Entity,
	text string,
) (*io.SectionReader, string, error) {
	boundary, err := newBoundary()
	if err != nil {
		return nil, "", err
	}
	encoding := "8bit"
	if m.env.SevenBit {
		text = quotedPrintable(text)
		encoding = "quoted-printable"
	}
	var head strings.Builder
	head.WriteString("--" + boundary + "\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n" +
		"Content-Transfer-Encoding: " + encoding + "\r\n" +
		"Content-Language: " + speak(m.g.o.Language).tag + "\r\n\r\n" +
		text + "\r\n--" + boundary + "\r\n")
	for _, f := range behind.Fields {
		if f.IsContent() {
			head.Write(f.Raw)
		}
	}
	head.WriteString("\r\n")
	file := m.spool.Create()
	m.owned = append(m.owned, file)
	end := strings.NewReader("\r\n--" + boundary + "--\r\n")
	for _, r := range []io.Reader{strings.NewReader(head.String()), behind.Body(), end} {
		if _, err := io.Copy(contextio.NewWriter(ctx, file), r); err != nil {
			return nil, "", err
		}
	}
	body := file.NewReader()
	if err := m.fits(body); err != nil {
		return nil, "", err
	}
	return body, "multipart/mixed;\r\n boundary=\"" + boundary + "\"", nil
}

// quotedPrintable is text in that encoding (RFC 2045 §6.7).
func quotedPrintable(text string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = io.WriteString(w, text) // a Builder takes all
	w.Close()
	return b.String()
}

// withStatus puts together what a copy's header needs: lies out, the Subject, our
// fields on top, and the content edits right below them: some readers look at so many
// fields only, and would take the body for something else.
func (m *inboundMail) withStatus(
	ctx context.Context,
	v *verdict.Verdict,
	e *smime.Entity,
	content []HeaderEdit,
) []HeaderEdit {
	edits := slices.Concat(m.strip, m.subject(v, e), m.g.statusFields(v, m.withheld, m.reply(ctx, v)))
	if m.encrypted {
		edits = append(edits, m.senderFields()...)
	}
	for _, c := range content {
		if c.Op == AppendField {
			c.Op = InsertField
			c.Index = 0
		}
		edits = append(edits, c)
	}
	return edits
}
