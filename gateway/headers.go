package gateway

// This file writes the status fields. What they quote from certificates is
// hostile: it is bounded, encoded, and cannot begin a new field.

import (
	"crypto/sha256"
	"fmt"
	"mime"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
)

// Bounds of what a status field quotes; a field stays far below the 998 octets
// of a line (RFC 5322 §2.1.1) and is folded besides.
const (
	maxQuoted    = 200 // octets of one value from a certificate
	maxReason    = 300
	maxSentences = 1200 // our own sentences, with two addresses of maxQuoted in them
	lineLength   = 76
)

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

// statusFields are all fields that tell of the verdict, Authentication-Results first. why
// is why the mail was left as it came, "" when it was not.
func (g *Gateway) statusFields(v *verdict.Verdict, why withheld, reply replyAdvice) []HeaderEdit {
	l := speak(g.o.Language)
	var out []HeaderEdit
	add := func(name string, words ...string) {
		if !g.o.Headers.Omit[strings.ToLower(name)] {
			out = append(out, field(g.o.Headers.Prefix+name, words...))
		}
	}
	if !g.o.Headers.OmitAuthentic {
		out = append(out, field("Authentication-Results", g.authenticationResults(v)...))
	}
	out = append(out, g.o.Headers.cipherMailFields(v)...)
	add("Status", strings.Fields(phrase(l.status(v), maxSentences))...)
	add("Signature", string(v.Signature))
	add("Encryption", string(v.Encryption))
	if words := signerWords(v); words != nil {
		add("Signer", words...)
	}
	if r := l.reason(v, why); r != "" {
		add("Reason", strings.Fields(phrase(r, maxSentences))...)
	}
	if c := cause(v, why); c != "" {
		add("Cause", strings.Fields(phrase(c, maxReason))...)
	}
	add("Reply", reply.words()...)
	return out
}

// cause is the technical cause of the verdict, in English as in the log: for the admin.
func cause(v *verdict.Verdict, why withheld) string {
	if text := withheldCauses[why]; text != "" && v.Encryption == verdict.EncryptionUndecryptable {
		return text
	}
	return v.Reason
}

// signerWords is the value of X-SMIME-Signer, nil when no certificate is known.
func signerWords(v *verdict.Verdict) []string {
	if v.Signer == nil || v.Signer.Signature.Certificate == nil {
		return nil
	}
	c := v.Signer.Signature.Certificate
	return []string{
		phrase(signerAddress(v), maxQuoted) + ";",
		"subject=" + quoted(dn.String(c.Subject)) + ";",
		"issuer=" + quoted(dn.String(c.Issuer)) + ";",
		fmt.Sprintf("serial=%s;", clean(c.SerialNumber.Text(16), 64)),
		fmt.Sprintf("not-after=%s;", c.NotAfter.UTC().Format("2006-01-02T15:04:05Z")),
		fmt.Sprintf("sha256=%x", sha256.Sum256(c.Raw)),
	}
}

// authenticationResults is the RFC 8601 field with the method of RFC 7281.
func (g *Gateway) authenticationResults(v *verdict.Verdict) []string {
	words := []string{g.o.AuthservID + ";", "smime=" + smimeResult(v.Signature)}
	if v.Signer == nil || v.Signer.Signature.Certificate == nil {
		return words
	}
	c := v.Signer.Signature.Certificate
	if a := v.Signer.Address; a != "" && !strings.ContainsAny(a, " \"();") {
		words = append(words, "body.smime-identifier="+phrase(a, maxQuoted))
	}
	return append(
		words,
		"body.smime-serial="+clean(c.SerialNumber.Text(16), 64),
		"body.smime-issuer="+quoted(dn.String(c.Issuer)),
	)
}

// smimeResult maps a status to the results of RFC 7281 §3.
func smimeResult(s verdict.SignatureStatus) string {
	switch s {
	case verdict.SignatureNone:
		return "none"
	case verdict.SignatureValid:
		return "pass"
	case verdict.SignatureInvalid, verdict.SignatureMismatch, verdict.SignatureRevoked:
		return "fail"
	case verdict.SignatureMalformed:
		return "permerror"
	case verdict.SignatureUnchecked:
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
