package postfixcheck

// This file is what a parameter is worth to a service: main.cf, -o, and $name.

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// value is a setting as it holds for a service; what it refers to may be the
// service's own as well.
func (p *Postfix) value(s *Service, name string) string {
	known := p.Expanded
	if s != nil && len(s.Override) > 0 {
		known = s.Expanded
	}
	if v, ok := known[name]; ok {
		return v
	}
	return p.expandFor(s, p.raw(s, name))
}

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

// expandFor replaces $name, ${name}, $(name), ${name?text}, ${name:text} and
// ${{text} == {text} ? {text} : {text}} (postconf(5)) until there is none left.
func (p *Postfix) expandFor(s *Service, v string) string {
	for range maxReferences {
		i := strings.IndexByte(v, '$')
		if i < 0 {
			return v
		}
		braced, rest := reference(v[i+1:])
		end := nameEnd(braced)
		value := p.raw(s, braced[:end])
		more := braced[end:]
		if strings.HasPrefix(more, "{") {
			value, more = p.compared(s, more)
		}
		v = v[:i] + choose(value, more) + rest
	}
	return v
}

// reference cuts what belongs to a $ off the text behind it.
func reference(v string) (text, rest string) {
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

// compared is the comparison that v begins with, as the value of a name: "true", or "" when
// it does not hold; more is what follows.
func (p *Postfix) compared(s *Service, v string) (value, more string) {
	left, rest := reference(v)
	i := strings.IndexByte(rest, '{')
	if i < 0 {
		return "", ""
	}
	right, more := reference(rest[i:])
	if holds(strings.TrimSpace(rest[:i]), p.expandFor(s, left), p.expandFor(s, right)) {
		value = "true"
	}
	return value, strings.TrimSpace(more)
}

// holds reports whether "left operator right" is true: of numbers as numbers, of levels (such
// as 3.6) part by part, of all else as text.
func holds(operator, left, right string) bool {
	operator, ofLevels := strings.CutSuffix(operator, "level")
	order := strings.Compare(left, right)
	m, leftErr := strconv.Atoi(left)
	n, rightErr := strconv.Atoi(right)
	switch {
	case ofLevels:
		order = slices.Compare(level(left), level(right))
	case leftErr == nil && rightErr == nil:
		order = cmp.Compare(m, n)
	}
	switch operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return false
}

// level are the parts of a compatibility_level: 2 is 2.0.0.
func level(s string) []int {
	parts := make([]int, 3)
	for i, text := range strings.SplitN(s, ".", len(parts)) {
		parts[i], _ = strconv.Atoi(text) // what is no number is 0, as an old level is
	}
	return parts
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
		yes = strings.TrimSpace(more[1:])
		if strings.HasPrefix(yes, "{") {
			yes, no = reference(yes)
			no = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(no), ":"))
			no, _ = reference(no)
		}
	case ':':
		no = more[1:]
		if strings.HasPrefix(no, "{") {
			no, _ = reference(no)
		}
	default:
		return "" // nothing that Postfix knows
	}
	if value != "" {
		return yes
	}
	return no
}
