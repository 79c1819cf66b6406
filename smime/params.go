package smime

// This file reads structured field values: a token and parameters (RFC 2045 §5.1, RFC 2231).

import (
	"strconv"
	"strings"
)

// maxSegments bounds the pieces of one RFC 2231 parameter.
const maxSegments = 100

// parseParameters reads "token; name=value; …" as found in the wild: with
// comments, quoted strings, unquoted values that would need quotes, RFC 2231
// continuations. The token and the names come in lower case. The first of
// several parameters of one name counts.
func parseParameters(s string) (token string, params map[string]string) {
	p := paramScanner{s}
	token = strings.ToLower(p.word(";"))
	params = make(map[string]string)
	var extended []string
	for p.next() {
		name, value := p.parameter()
		if _, duplicate := params[name]; name == "" || duplicate {
			continue
		}
		params[name] = value
		if strings.Contains(name, "*") {
			extended = append(extended, name)
		}
	}
	joinExtended(params, extended)
	return token, params
}

// paramScanner reads from the front of s.
type paramScanner struct{ s string }

// next goes behind the next semicolon; what stands before it is junk.
func (p *paramScanner) next() bool {
	p.blanks()
	i := strings.IndexByte(p.s, ';')
	if i < 0 {
		return false
	}
	p.s = p.s[i+1:]
	return true
}

// parameter reads one, its name in lower case.
func (p *paramScanner) parameter() (name, value string) {
	name = strings.ToLower(p.word("=;"))
	p.blanks()
	if strings.HasPrefix(p.s, "=") {
		p.s = p.s[1:]
		value = p.value()
	}
	return name, value
}

// blanks skips white space and comments (RFC 5322 §3.2.2).
func (p *paramScanner) blanks() {
	for {
		p.s = strings.TrimLeft(p.s, " \t\r\n")
		if !strings.HasPrefix(p.s, "(") {
			return
		}
		p.comment()
	}
}

func (p *paramScanner) comment() {
	depth := 0
	for i := 0; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				p.s = p.s[i+1:]
				return
			}
		}
	}
	p.s = ""
}

// word reads up to a blank, a comment, or one of stop.
func (p *paramScanner) word(stop string) string {
	p.blanks()
	i := strings.IndexAny(p.s, stop+" \t\r\n(")
	if i < 0 {
		i = len(p.s)
	}
	w := p.s[:i]
	p.s = p.s[i:]
	return w
}

// value reads a quoted string or what stands there without quotes.
func (p *paramScanner) value() string {
	p.blanks()
	if !strings.HasPrefix(p.s, `"`) {
		return p.word(";")
	}
	var v strings.Builder
	for i := 1; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.s = p.s[i+1:]
			return v.String()
		case c == '\\' && i+1 < len(p.s):
			i++
			v.WriteByte(p.s[i])
		default:
			v.WriteByte(c)
		}
	}
	p.s = ""
	return v.String()
}

// joinExtended puts the parts of RFC 2231 parameters together under their plain
// name, unless that is there too.
func joinExtended(params map[string]string, names []string) {
	for _, n := range names {
		base, _, _ := strings.Cut(n, "*")
		if _, ok := params[base]; ok || base == "" {
			continue
		}
		if v, ok := params[base+"*"]; ok {
			params[base] = percentDecode(v, true)
			continue
		}
		var v strings.Builder
		for i := range maxSegments {
			key := base + "*" + strconv.Itoa(i)
			if s, ok := params[key]; ok {
				v.WriteString(s)
			} else if s, ok := params[key+"*"]; ok {
				v.WriteString(percentDecode(s, i == 0))
			} else {
				break
			}
		}
		params[base] = v.String()
	}
}

// percentDecode decodes an RFC 2231 value; the first piece has charset and
// language in front. The charset is not looked at: names are compared as ASCII.
func percentDecode(s string, first bool) string {
	if parts := strings.SplitN(s, "'", 3); first && len(parts) == 3 {
		s = parts[2]
	}
	var v strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				v.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		v.WriteByte(s[i])
	}
	return v.String()
}
