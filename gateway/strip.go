package gateway

// This file removes what could lie: fields that only we may write.

import (
	"bytes"
	"regexp"
	"strings"

	"sealgate/smime"
)

// ours reports whether a field name looks like one of our prefix, or of a profile in use. Case does not matter,
// and nothing but letters and digits does: an order that was spelt almost right
// ("X-S/MIME-Encrypt") must be refused, not lost.
func (g *Gateway) ours(name string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(letters(name), letters(g.o.Headers.Prefix)); ok {
		return rest, true
	}
	return g.o.Headers.foreign(name)
}

// lies reports whether a field says what only we may say: it is of our prefix, or an
// Authentication-Results that claims an smime result in our name, or hides one of these.
func (g *Gateway) lies(f smime.Field) bool {
	_, ours := g.ours(f.Name)
	return ours || g.lyingResult(f) || g.hidesField(f)
}

// hidesField reports whether a field holds another one behind a bare CR, where
// some readers (Python's, for one) end a line: one that we would have stripped.
func (g *Gateway) hidesField(f smime.Field) bool {
	lines := strings.FieldsFunc(string(f.Raw), func(r rune) bool { return r == '\r' || r == '\n' })
	for _, line := range lines[min(1, len(lines)):] {
		name, _, ok := strings.Cut(line, ":")
		if _, ours := g.ours(name); ok && (ours || strings.EqualFold(strings.TrimSpace(name), "Authentication-Results")) &&
			bytes.Contains(f.Raw, []byte("\r"+line)) {
			return true
		}
	}
	return false
}

// internal reports whether a field inside a mail is for this house alone: our orders and
// status, and every result in our name, which RFC 8601 §5 wants taken off at the border.
func (g *Gateway) internal(f smime.Field) bool {
	_, own := g.ownResult(f)
	return own || g.lies(f)
}

// lyingResult reports whether f is an Authentication-Results field with our
// authserv-id and an smime method. Those of other filters under the same id
// stay, unless strip_all_ar says that we are the first filter.
func (g *Gateway) lyingResult(f smime.Field) bool {
	results, own := g.ownResult(f)
	return own && (g.o.Inbound.StripAllAR || claimsSMIME.MatchString(results))
}

// ownResult reports whether f is an Authentication-Results field with our authserv-id, and
// returns what stands behind the id. What cannot be parsed is judged by what a careless
// reader would see.
func (g *Gateway) ownResult(f smime.Field) (results string, own bool) {
	if !strings.EqualFold(f.Name, "Authentication-Results") {
		return "", false
	}
	value, ok := withoutComments(f.Value())
	if !ok {
		low := strings.ToLower(f.Value())
		if strings.Contains(low, strings.ToLower(g.o.AuthservID)) && strings.Contains(low, "smime") {
			return " smime=", true
		}
		return "", false
	}
	// The id may be quoted and a version may follow (RFC 8601 §2.2); careless
	// readers also take it without the semicolon.
	value = strings.TrimSpace(strings.NewReplacer(`"`, "", `\`, "").Replace(value))
	end := strings.IndexAny(value+";", "; \t/")
	return value[end:], strings.EqualFold(value[:end], g.o.AuthservID)
}

// claimsSMIME finds "smime=", with an optional version, as a word of its own
// anywhere in the results (RFC 8601 §2.2); body.smime-identifier is another.
var claimsSMIME = regexp.MustCompile(`(?i)(^|[;\s])smime\s*(/\s*[0-9]+\s*)?=`)

// withoutComments removes RFC 5322 comments, nested ones too, outside quoted
// strings. A comment becomes a blank; ok is false when one does not end.
func withoutComments(s string) (value string, ok bool) {
	var b strings.Builder
	depth := 0
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) && (depth > 0 || quoted) {
			i++
			if depth == 0 {
				b.WriteString(s[i-1 : i+1])
			}
			continue
		}
		switch {
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
		case c == ')' && !quoted && depth > 0:
			if depth--; depth == 0 {
				c = ' '
			}
		}
		if depth == 0 {
			b.WriteByte(c)
		}
	}
	return b.String(), depth == 0 && !quoted
}
