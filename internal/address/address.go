// Package address gives mail addresses one normal form, used wherever two of
// them are compared or one is a key.
//
// Domain: A-labels, lower case, no trailing dot. Local part: unquoted where
// RFC 5321 §4.1.2 allows it; ASCII is case-folded, anything else is kept as
// NFC bytes.
package address

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Bounds of RFC 5321 §4.5.3.1, in octets.
const (
	maxLocal  = 64
	maxDomain = 255
)

// ErrInvalid says that a string is no address.
var ErrInvalid = errors.New("address: not a mail address")

// Normalize returns the normal form of an address without angle brackets. The
// error never quotes more than the kind of fault.
func Normalize(s string) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("%w: control character or invalid UTF-8", ErrInvalid)
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", fmt.Errorf("%w: no @", ErrInvalid)
	}
	local, err := normalLocal(s[:at])
	if err != nil {
		return "", err
	}
	domain, err := normalDomain(s[at+1:])
	if err != nil {
		return "", err
	}
	return local + "@" + domain, nil
}

// Domain is the domain of an address in normal form.
func Domain(normal string) string { return normal[strings.LastIndexByte(normal, '@')+1:] }

// normalDomain brings a domain, or an address literal, to its one form.
func normalDomain(s string) (string, error) {
	if strings.HasPrefix(s, "[") {
		return normalLiteral(s)
	}
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > maxDomain*2 {
		return "", fmt.Errorf("%w: domain empty or too long", ErrInvalid)
	}
	a, err := idna.Lookup.ToASCII(s)
	if err != nil && isPlainDomain(s) {
		a = strings.ToLower(s)
		err = nil // underscores and the like, which mail systems do use
	}
	if err != nil || a == "" || len(a) > maxDomain || !isPlainDomain(a) {
		return "", fmt.Errorf("%w: domain is not a host name", ErrInvalid)
	}
	return strings.ToLower(a), nil
}

// isPlainDomain reports whether s is dot-separated labels of letters, digits,
// hyphens and underscores.
func isPlainDomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(strings.ToLower(label), "xn--") && !isALabel(label) {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}

func isALabel(s string) bool {
	u, err := idna.Lookup.ToUnicode(s)
	return err == nil && u != s
}

func normalLiteral(s string) (string, error) {
	in := strings.TrimSuffix(s[1:], "]")
	ip, err := netip.ParseAddr(strings.TrimPrefix(strings.ToLower(in), "ipv6:"))
	if !strings.HasSuffix(s, "]") || err != nil || ip.Zone() != "" {
		return "", fmt.Errorf("%w: address literal", ErrInvalid)
	}
	return "[" + ip.String() + "]", nil
}

// normalLocal unquotes where the quotes are not needed, and folds ASCII case.
func normalLocal(s string) (string, error) {
	s, err := unquote(s)
	if err != nil {
		return "", err
	}
	s = norm.NFC.String(s)
	if s == "" || len(s) > maxLocal {
		return "", fmt.Errorf("%w: local part empty or over %d octets", ErrInvalid, maxLocal)
	}
	s = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
	if isDotString(s) {
		return s, nil
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`, nil
}

// unquote takes a quoted-string's content; a dot-string passes.
func unquote(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		if !isDotString(s) {
			return "", fmt.Errorf("%w: local part", ErrInvalid)
		}
		return s, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && i == len(s)-1:
			return b.String(), nil
		case c == '"':
			return "", fmt.Errorf("%w: quotes inside the local part", ErrInvalid)
		case c == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", fmt.Errorf("%w: open quotes", ErrInvalid)
}

// isDotString is RFC 5321's Dot-string, with RFC 6531's UTF-8.
func isDotString(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for _, r := range atom {
			if r < utf8.RuneSelf && !isAtext(byte(r)) || r == ' ' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
				return false
			}
		}
	}
	return true
}

func isAtext(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
