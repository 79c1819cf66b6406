package address

// This file finds where else an MTA may deliver an address to: a local part can hold a
// second address (RFC 1123 §5.2.16).

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// operators are the signs between the parts of an address in a local part.
const operators = "@%!"

// maxOperators bounds them, and with them the time; no address that is delivered
// anywhere has so many.
const maxOperators = 8

// Routes are the addresses, as they stand there, that an MTA which takes the domain for
// its own may read in the local part: Postfix delivers "boss@bank.example"@here,
// boss%bank.example@here and bank.example!boss@here to boss@bank.example
// (resolve_dequoted_address, allow_percent_hack, swap_bangpath). ok is false where there
// are signs of another address that cannot be told for sure: Postfix reads comments,
// blanks and quotes in it once more.
func Routes(path string) (list []string, ok bool) {
	path = WithoutRoute(path)
	local := path
	if at := strings.LastIndexByte(path, '@'); at >= 0 {
		local = path[:at]
	}
	local = dequoted(local)
	signs := 0
	plain := true
	for _, r := range local {
		if strings.ContainsRune(operators, r) {
			signs++
		} else if r != '.' && !isPlainRune(r) {
			plain = false
		}
	}
	if signs == 0 {
		return nil, true
	}
	if !plain || signs > maxOperators {
		return nil, false
	}
	return apart(local, nil), true
}

// IsRouted reports whether an MTA may deliver a path to another address than it names.
func IsRouted(path string) bool {
	list, ok := Routes(path)
	return !ok || len(list) > 0
}

// isPlainRune reports whether r means the same to whoever reads it a second time.
func isPlainRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isAtext(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// apart takes a local part apart at every sign, and again the local parts that come of
// it; none is taken twice.
func apart(local string, list []string) []string {
	for i := range len(local) {
		left := local[:i]
		right := local[i+1:]
		switch local[i] {
		case '@', '%':
		case '!':
			left, right = right, left
		default:
			continue
		}
		addr := left + "@" + right
		if left == "" || slices.Contains(list, addr) {
			continue
		}
		list = apart(left, append(list, addr))
	}
	return list
}

// dequoted is a local part without its quotes, also one that is no quoted-string.
func dequoted(local string) string {
	if s, err := unquote(local); err == nil {
		return s
	}
	return strings.NewReplacer(`"`, "", `\`, "").Replace(local)
}
