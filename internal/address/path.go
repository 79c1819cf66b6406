package address

// This file is the syntax of addresses in SMTP commands (RFC 5321 §4.1.2).

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// special are the characters that a local part may have in quotes only, and a
// domain never.
const special = ` "(),;<>@\`

// IsPath reports whether s can stand between the angle brackets of MAIL and RCPT and
// means to every reader what it means to us. One without a domain is possible
// (RFC 5321 §4.5.1); the older ways to name one, a%b and b!a, are not.
func IsPath(s string) bool {
	if s == "" {
		return true // the null sender
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	if !strings.HasPrefix(s, `"`) {
		local, domain, has := strings.Cut(s, "@")
		return isWord(local) && (has && isDomain(domain) || !has && !strings.ContainsAny(local, "%!"))
	}
	domain, has := strings.CutPrefix(s[quotesEnd(s):], "@")
	return has && isDomain(domain)
}

// quotesEnd is where the quoted-string at the beginning of s ends.
func quotesEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// isWord takes dots anywhere: some providers' addresses have two in a row.
func isWord(local string) bool { return local != "" && !strings.ContainsAny(local, special+"[]:") }

func isDomain(s string) bool {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = strings.ReplaceAll(s[1:len(s)-1], ":", ".") // an address literal
	}
	return isWord(s)
}

// Quote gives an address its quotes back where it needs them, when somebody has
// taken them off. ok is false for one that no command can carry.
func Quote(raw string) (path string, ok bool) {
	at := strings.LastIndexByte(raw, '@')
	if raw == "" {
		return "", true
	}
	if at < 1 {
		return "", false
	}
	local := raw[:at]
	if !isWord(local) || !isDots(local) {
		local = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
	}
	path = local + raw[at:]
	return path, IsPath(path)
}

// isDots reports whether the dots of a local part stand between atoms.
func isDots(local string) bool {
	return !strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".") && !strings.Contains(local, "..")
}

// WithoutRoute takes a source route off, as every MTA does (RFC 5321 §C).
func WithoutRoute(path string) string {
	literal := false
	for i := 0; i < len(path) && path[0] == '@'; i++ {
		switch path[i] {
		case '[', ']':
			literal = path[i] == '['
		case ':':
			if !literal {
				return path[i+1:]
			}
		}
	}
	return path
}
