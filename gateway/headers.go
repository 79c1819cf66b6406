package gateway

// This file writes the status fields. What they quote from certificates is
// hostile: it is bounded, encoded, and cannot begin a new field.

import (
	"crypto/sha256"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"sealgate/internal/dn"
)

// Bounds of what a status field quotes; a field stays far below the 998 octets
// of a line (RFC 5322 §2.1.1) and is folded besides.
const (
	maxQuoted  = 200 // octets of one value from a certificate
	maxReason  = 300
	lineLength = 76
)

// clean is s without control characters and bounded, valid UTF-8.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == utf8.RuneError || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// phrase is s as unstructured text, RFC 2047 where it is not ASCII.
func phrase(s string, most int) string { return mime.QEncoding.Encode("utf-8", clean(s, most)) }

// quoted is s as a quoted-string (RFC 5322 §3.2.4).
func quoted(s string) string {
	s = mime.QEncoding.Encode("utf-8", clean(s, maxQuoted))
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// field is one status field as an insertion at the top.
func field(name string, words ...string) HeaderEdit {
	return HeaderEdit{Op: InsertField, Index: 0, Name: name, Value: fold(len(name)+1, words)}
}

// fold joins words with blanks and breaks lines between them (RFC 5322 §2.2.3).
func fold(column int, words []string) string {
	var b strings.Builder
	for _, w := range words {
		if column+1+len(w) > lineLength && b.Len() > 0 {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteString(" " + w)
		column += 1 + len(w)
	}
	return b.String()
}

// statusFields are all fields that tell of j, Authentication-Results first.
func (g *Gateway) statusFields(j *Judgement, reply replyAdvice) []HeaderEdit {
	l := speak(g.o.Language)
	var out []HeaderEdit
	add := func(name string, words ...string) {
		if !g.o.Headers.Omit[strings.ToLower(name)] {
			out = append(out, field(g.o.Headers.Prefix+name, words...))
		}
	}
	if !g.o.Headers.OmitAuthentic {
		out = append(out, field("Authentication-Results", g.authenticationResults(j)...))
	}
	add("Status", strings.Fields(phrase(l.status(j), maxReason))...)
	add("Signature", string(j.Signature))
	add("Encryption", string(j.Encryption))
	if words := signerWords(j); words != nil {
		add("Signer", words...)
	}
	if r := l.reason(j); r != "" {
		add("Reason", strings.Fields(phrase(r, maxReason))...)
	}
	add("Reply", reply.words()...)
	return out
}

// status is the one line for people.
func (l *language) status(j *Judgement) string {
	var parts []string
	if s, ok := l.signed[j.Signature]; ok {
		parts = append(parts, fmt.Sprintf(s, j.signerAddress()))
	}
	if s, ok := l.encrypted[j.Encryption]; ok {
		parts = append(parts, s)
	}
	parts = append(parts, l.remarks(j)...)
	if len(parts) == 0 {
		return l.plain
	}
	return strings.Join(parts, "; ")
}

// remarks are the notes of a judgement, in words.
func (l *language) remarks(j *Judgement) (out []string) {
	for _, n := range j.Notes {
		if name, ok := strings.CutPrefix(n, noteProtected); ok {
			out = append(out, fmt.Sprintf(l.differs, name))
			continue
		}
		out = append(out, l.notes[n])
	}
	return out
}

// Remarks are the notes and what else the status fields say beside the verdict, in
// English as its reason is.
func (j *Judgement) Remarks() []string {
	out := english.remarks(j)
	if j.Unauthenticated && j.Encryption == EncryptionDecrypted {
		out = append(out, english.changeable)
	}
	return out
}

// reason is why the mail is not valid or not decrypted, "" when it is or when
// there is nothing to say.
func (l *language) reason(j *Judgement) string {
	var parts []string
	if s, ok := l.why[j.Signature]; ok {
		if j.Reason != "" {
			s += fmt.Sprintf(l.detail, j.Reason)
		}
		parts = append(parts, s)
	}
	switch s, ok := l.unread[j.Encryption]; {
	case j.Withheld != "" && j.Encryption == EncryptionUndecryptable:
		parts = append(parts, l.withheld[j.Withheld])
	case ok:
		parts = append(parts, s)
	}
	if j.Unauthenticated && j.Encryption == EncryptionDecrypted {
		parts = append(parts, l.changeable)
	}
	if len(parts) == 0 && j.Signature == SignatureValid {
		return j.Reason
	}
	return strings.Join(parts, "; ")
}

// explanation goes in front of a mail that was not decrypted.
func (l *language) explanation(j *Judgement) string {
	if j.Withheld == "" {
		return l.explain
	}
	return fmt.Sprintf(l.explainWithheld, l.withheld[j.Withheld])
}

// signerAddress is whom the status line names.
func (j *Judgement) signerAddress() string {
	if j.Signer == nil || j.Signer.Address == "" {
		return "?"
	}
	return clean(j.Signer.Address, maxQuoted)
}

// signerWords is the value of X-SMIME-Signer, nil when no certificate is known.
func signerWords(j *Judgement) []string {
	if j.Signer == nil || j.Signer.Signature.Certificate == nil {
		return nil
	}
	c := j.Signer.Signature.Certificate
	return []string{
		phrase(j.signerAddress(), maxQuoted) + ";",
		"subject=" + quoted(dn.String(c.Subject)) + ";",
		"issuer=" + quoted(dn.String(c.Issuer)) + ";",
		fmt.Sprintf("serial=%s;", clean(c.SerialNumber.Text(16), 64)),
		fmt.Sprintf("not-after=%s;", c.NotAfter.UTC().Format("2006-01-02T15:04:05Z")),
		fmt.Sprintf("sha256=%x", sha256.Sum256(c.Raw)),
	}
}

// authenticationResults is the RFC 8601 field with the method of RFC 7281.
func (g *Gateway) authenticationResults(j *Judgement) []string {
	words := []string{g.o.AuthservID + ";", "smime=" + smimeResult(j.Signature)}
	if j.Signer == nil || j.Signer.Signature.Certificate == nil {
		return words
	}
	c := j.Signer.Signature.Certificate
	if a := j.Signer.Address; a != "" && !strings.ContainsAny(a, " \"();") {
		words = append(words, "body.smime-identifier="+phrase(a, maxQuoted))
	}
	return append(
		words,
		"body.smime-serial="+clean(c.SerialNumber.Text(16), 64),
		"body.smime-issuer="+quoted(dn.String(c.Issuer)),
	)
}

// smimeResult maps a status to the results of RFC 7281 §3.
func smimeResult(s SignatureStatus) string {
	switch s {
	case SignatureNone:
		return "none"
	case SignatureValid:
		return "pass"
	case SignatureInvalid, SignatureMismatch, SignatureRevoked:
		return "fail"
	case SignatureMalformed:
		return "permerror"
	case SignatureUnchecked:
		return "neutral"
	default:
		return "policy"
	}
}

// replyAdvice is what a reply to the mail can do: the agent's two checkboxes.
type replyAdvice struct{ sign, encrypt, advised bool }

func (r replyAdvice) words() []string {
	yesNo := map[bool]string{true: "yes", false: "no"}
	words := []string{"sign=" + yesNo[r.sign] + ";", "encrypt=" + yesNo[r.encrypt]}
	if r.advised {
		words[1] += ";"
		words = append(words, "advised=encrypt")
	}
	return words
}
