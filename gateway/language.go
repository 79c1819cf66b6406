package gateway

// This file puts together what an agent reads of a mail: first the verdict, then what it
// means and what to do. The sentences stand in english.go and german.go.

import (
	"fmt"
	"strings"
	"time"

	"sealgate/gateway/verdict"
)

// wording is what is said of one situation: status stands in X-SMIME-Status and begins with
// the verdict, advice in X-SMIME-Reason says what it means and what to do. Both may
// contain {signer}, {from} and {date}.
type wording struct{ status, advice string }

// language is the sentences of one language.
type language struct {
	tag       string // RFC 5646
	signed    map[situation]wording
	encrypted map[verdict.EncryptionStatus]wording
	withheld  map[withheld]string // instead of the advice for what could not be decrypted
	notes     map[verdict.Topic]string
	fields    map[string]string // names of header fields as people call them
	months    [12]string
	date      string           // with %[1]d for the day, %[2]s for the month, %[3]d for the year
	plain     string           // nothing signed, nothing encrypted
	decrypted string           // decrypted, and nothing signed
	unproven  string           // the advice for what was decrypted and could have been changed
	refusals  map[Token]string // ASCII, with the values of the refusal
	readers   map[Cause]string // why nothing is encrypted for a recipient, and what to do
	more      string           // with %d: how many more recipients there are
	attached  string           // after the status and the advice, in the part in front of a mail that came as it was
}

// status is the one line for people.
func (l *language) status(v *verdict.Verdict) string {
	var parts []string
	s := situationOf(v)
	if s != notSigned {
		parts = append(parts, l.fill(l.signed[s].status, v))
	}
	switch e := l.encrypted[v.Encryption]; {
	case s == notSigned && v.Encryption == verdict.EncryptionDecrypted:
		parts = append(parts, l.decrypted)
	case e.status != "":
		parts = append(parts, e.status)
	}
	for _, n := range v.Notes {
		parts = append(parts, l.note(n))
	}
	if len(parts) == 0 {
		return l.plain
	}
	return strings.Join(parts, " ")
}

// reason is what the status means and what to do, "" when there is nothing to do.
func (l *language) reason(v *verdict.Verdict, why withheld) string {
	var parts []string
	for _, advice := range []string{l.fill(l.signed[situationOf(v)].advice, v), l.unread(v, why)} {
		if advice != "" {
			parts = append(parts, advice)
		}
	}
	return strings.Join(parts, " ")
}

// unread is the advice about encryption.
func (l *language) unread(v *verdict.Verdict, why withheld) string {
	switch {
	case v.Encryption == verdict.EncryptionUndecryptable && why != "":
		return l.withheld[why]
	case v.Encryption == verdict.EncryptionDecrypted && v.Unauthenticated && v.Signature == verdict.SignatureNone:
		return l.unproven
	}
	return l.encrypted[v.Encryption].advice
}

// explanation goes in front of a mail that is handed over as it came.
func (l *language) explanation(v *verdict.Verdict, why withheld) string {
	var b strings.Builder
	for _, text := range []string{l.status(v), l.reason(v, why), l.attached} {
		if text != "" {
			b.WriteString(paragraph(text) + "\r\n")
		}
	}
	return b.String()
}

// textLine is how long a line of the explaining part may be (RFC 5322 §2.1.1).
const textLine = 76

// paragraph breaks a text into lines.
func paragraph(text string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
		case column+1+len(word) > textLine:
			b.WriteString("\r\n")
			column = 0
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String() + "\r\n"
}

// fill puts what is known of the signer into a sentence. What a certificate says is
// hostile, so it is bounded.
func (l *language) fill(sentence string, v *verdict.Verdict) string {
	return strings.NewReplacer(
		"{signer}", signerAddress(v),
		"{from}", clean(v.From, maxQuoted),
		"{date}", l.day(dateIn(v)),
	).Replace(sentence)
}

// note is what is said beside the verdict.
func (l *language) note(n verdict.Note) string {
	until, _ := time.Parse(time.DateOnly, n.Until) // empty for most
	return strings.NewReplacer("{field}", l.fields[n.Field], "{date}", l.day(until)).Replace(l.notes[n.About])
}

// day is a date as people write it.
func (l *language) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	year, month, day := t.UTC().Date()
	return fmt.Sprintf(l.date, day, l.months[month-1], year)
}
