package expiry

// This file writes the mail (RFC 5322): plain text that any program shows, marked so that no other program
// answers it (RFC 3834 §5).

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode"
)

// maxName bounds what is quoted of an authority's name.
const maxName = 200

// compose is a mail to one recipient.
func (w *Watch) compose(to string, list []*ending) ([]byte, error) {
	s := sentencesOf(w.Language)
	now := w.Now()
	var b bytes.Buffer
	field := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	field("Date", now.Format(time.RFC1123Z))
	field("From", "sealgate <"+w.From+">")
	field("To", "<"+to+">")
	field("Subject", mime.QEncoding.Encode("utf-8", fmt.Sprintf(s.subject, w.Hostname)))
	field("Message-ID", "<"+strings.ToLower(rand.Text())+"@"+w.Hostname+">")
	field("Auto-Submitted", "auto-generated")
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset=utf-8")
	field("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	if _, err := body.Write([]byte(strings.ReplaceAll(s.text(list, now), "\n", "\r\n"))); err != nil {
		return nil, err
	}
	if err := body.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// text is what the mail says.
func (s *sentences) text(list []*ending, now time.Time) string {
	var b strings.Builder
	for _, part := range []struct {
		kind          kind
		first, remedy string
	}{
		{ofMailbox, s.own, s.ownRemedy},
		{ofDomain, s.domains, s.domainsRemedy},
		{ofCorrespondent, s.others, s.othersRemedy},
	} {
		var entries strings.Builder
		for _, e := range list {
			if e.kind == part.kind {
				s.entry(&entries, e, now)
			}
		}
		if entries.Len() > 0 {
			b.WriteString(part.first + "\n\n" + entries.String() + part.remedy + "\n\n")
		}
	}
	return b.String() + s.why + "\n"
}

// entry is one certificate.
func (s *sentences) entry(b *strings.Builder, e *ending, now time.Time) {
	fmt.Fprintf(b, "  %s\n    %s\n", line(strings.Join(e.addresses, ", ")), s.ends(e.end, now))
	if e.issuer != "" {
		fmt.Fprintf(b, "    %s: %s\n", s.issuer, line(e.issuer))
	}
	if e.file != "" {
		fmt.Fprintf(b, "    %s: %s\n", s.file, line(e.file))
	}
	fmt.Fprintf(b, "    SHA-256: %s\n\n", e.fingerprint)
}

// ends says when a certificate ends.
func (s *sentences) ends(end, now time.Time) string {
	date := end.UTC().Format(s.date)
	left := end.Sub(now)
	switch days := int((left + day - 1) / day); {
	case left < 0:
		return fmt.Sprintf(s.ended, date)
	case days <= 1:
		return fmt.Sprintf(s.endsToday, date)
	default:
		return fmt.Sprintf(s.endsLater, date, days)
	}
}

// line is a stranger's text in one line, without what a screen would not show.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxName {
		return string(runes[:maxName]) + "…"
	}
	return text
}
