package postfixcheck

// This file is what a parameter is worth to a service: main.cf, -o, and $name.

import "strings"

// value is a setting as it holds for a service; what it refers to may be the
// service's own as well.
func (p *Postfix) value(s *Service, name string) string { return p.expandFor(s, p.raw(s, name)) }

// expand is for what main.cf alone says.
func (p *Postfix) expand(v string) string { return p.expandFor(nil, v) }

func (p *Postfix) raw(s *Service, name string) string {
	if s != nil {
		if v, ok := s.Override[name]; ok {
			return v
		}
	}
	return p.Main[name]
}

// maxReferences bounds how many $names are replaced in one value.
const maxReferences = 100

// expandFor replaces $name, ${name}, $(name), ${name?text} and ${name:text}
// (postconf(5)) until there is none left. Comparisons stay in part.
func (p *Postfix) expandFor(s *Service, v string) string {
	for range maxReferences {
		i := strings.IndexByte(v, '$')
		if i < 0 {
			return v
		}
		inside, rest := reference(v[i+1:])
		end := nameEnd(inside)
		v = v[:i] + choose(p.raw(s, inside[:end]), inside[end:]) + rest
	}
	return v
}

// reference cuts what belongs to a $ off the text behind it.
func reference(v string) (inside, rest string) {
	if v != "" && (v[0] == '{' || v[0] == '(') {
		depth := 0
		for i, r := range v {
			switch r {
			case '{', '(':
				depth++
			case '}', ')':
				depth--
			}
			if depth == 0 {
				return v[1:i], v[i+1:]
			}
		}
		return v[1:], ""
	}
	end := nameEnd(v)
	return v[:end], v[end:]
}

// nameEnd is where a parameter's name at the beginning of v ends.
func nameEnd(v string) int {
	for i, r := range v {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return i
		}
	}
	return len(v)
}

// choose is what ${name…} gives: ?yes where it has a value, :no where it has none,
// both in braces for ?{yes}:{no}.
func choose(value, more string) string {
	if more == "" {
		return value
	}
	yes := ""
	no := ""
	switch more[0] {
	case '?':
		yes = more[1:]
		if strings.HasPrefix(yes, "{") {
			yes, no = reference(yes)
			no, _ = reference(strings.TrimPrefix(strings.TrimSpace(no), ":"))
		}
	case ':':
		no = more[1:]
		if strings.HasPrefix(no, "{") {
			no, _ = reference(no)
		}
	default:
		return more // a comparison
	}
	if value != "" {
		return yes
	}
	return no
}
