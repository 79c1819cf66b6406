package gateway

// This file writes the status fields.

import (
	"fmt"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/internal/dn"
)

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
		"sha256=" + fingerprint(c),
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
