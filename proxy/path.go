package proxy

// This file writes addresses as they stand in MAIL and RCPT (RFC 5321 §4.1.2):
// one that ends its path early would bring arguments, or another recipient.

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-smtp"
)

// quoted gives an address its quotes back where it needs them: go-smtp's server
// has taken them off. ok is false for one that no command can carry.
func quoted(raw string) (path string, ok bool) {
	at := strings.LastIndexByte(raw, '@')
	if raw == "" {
		return "", true // the null sender
	}
	if at < 1 {
		return "", false
	}
	local := raw[:at]
	if !isDotString(local) {
		local = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
	}
	path = local + raw[at:]
	return path, isPath(path)
}

// isPath tells whether an address can stand between angle brackets. One without a
// domain is possible (RFC 5321 §4.5.1, and Postfix's own users).
func isPath(s string) bool {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	local, domain, has := strings.Cut(s, "@")
	if strings.HasPrefix(s, `"`) {
		end := quotesEnd(s)
		if end < 0 {
			return false
		}
		local, domain, has = "quoted", strings.TrimPrefix(s[end:], "@"), strings.HasPrefix(s[end:], "@")
		if !has && end < len(s) {
			return false
		}
	}
	return s == "" || isWord(local) && (!has || domain != "" && !strings.ContainsAny(domain, special))
}

// quotesEnd is where the quoted-string at the beginning of s ends, -1 for none.
func quotesEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// special are the characters that a local part may have in quotes only, and a
// domain never; an address literal's brackets and colons are left out.
const special = ` "(),;<>@\`

// isWord takes dots anywhere: some providers' addresses have two in a row.
func isWord(local string) bool { return local != "" && !strings.ContainsAny(local, special+"[]:") }

// isDotString is RFC 5321's Dot-string.
func isDotString(local string) bool {
	return isWord(local) && !strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".") && !strings.Contains(local, "..")
}

// The refusals of an address (RFC 3463 §3.2).
var (
	errSender    = &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 7}, Message: "bad sender address"}
	errRecipient = &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "bad recipient address"}
)
