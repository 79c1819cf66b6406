package address

// This file reads address lists: the values of From, To, Cc and their like.

import (
	"fmt"
	"strings"
)

// maxList bounds the addresses of one field.
const maxList = 10000

// ParseList returns the addresses of a field's value (RFC 5322 §3.4) in normal
// form and order: groups are flattened, names and comments dropped. One that
// cannot be read makes the whole list an error, since nobody can say whom it
// shows. Time is linear in the length of the value.
func ParseList(value string) ([]string, error) {
	if strings.IndexByte(value, 0) >= 0 {
		return nil, fmt.Errorf("%w: NUL in the field", ErrInvalid) // some readers stop there, some do not
	}
	l := lexer{in: value}
	var out []string
	for {
		entry, end, err := l.entry()
		if err != nil {
			return nil, err
		}
		if spec := entry.spec(); spec != "" {
			if !entry.hasA && entry.plain.broken {
				return nil, errBroken
			}
			a, err := Normalize(spec)
			if err != nil {
				return nil, err
			}
			if entry.contradicts(a) {
				return nil, fmt.Errorf("%w: another address stands as the name", ErrInvalid)
			}
			out = append(out, a)
			if len(out) > maxList {
				return nil, fmt.Errorf("%w: more than %d addresses", ErrInvalid, maxList)
			}
		} else if entry.text {
			return nil, fmt.Errorf("%w: a name without an address", ErrInvalid)
		}
		if end {
			return out, nil
		}
	}
}

// lexer walks over a field's value.
type lexer struct {
	in    string
	pos   int
	group bool
}

// entry is what stands between two commas.
type entry struct {
	plain spelling // outside angle brackets, quotes kept, blanks dropped
	angle string
	hasA  bool
	at    bool // an @ stands in plain, outside quotes
	text  bool // something stands there
}

// errBroken refuses "a b@c.example": dropping the blank or comment would make an
// address of it that nobody wrote and no reader shows.
var errBroken = fmt.Errorf("%w: a blank or comment inside a word", ErrInvalid)

// spelling collects an addr-spec without its blanks and comments, which RFC 5322
// §4.4 allows around "." and "@" only.
type spelling struct {
	strings.Builder
	last   byte
	gap    bool // a blank or comment came after last
	broken bool // one stood between two words
}

// next is told the first character of what is written next.
func (s *spelling) next(c byte) {
	apart := s.Len() == 0 || s.last == '.' || s.last == '@' || c == '.' || c == '@'
	s.broken = s.broken || s.gap && !apart
	s.last = c
	s.gap = false
}

func (s *spelling) put(c byte) {
	s.next(c)
	s.WriteByte(c)
}

// spec is the addr-spec of the entry, "" for an empty one.
func (e *entry) spec() string {
	if e.hasA {
		return e.angle
	}
	if strings.Contains(e.plain.String(), "@") {
		return e.plain.String()
	}
	return ""
}

// contradicts reports whether an unquoted name is an address other than a: some
// readers show the one, some the other.
func (e *entry) contradicts(a string) bool {
	if !e.hasA || !e.at {
		return false
	}
	name, err := Normalize(e.plain.String())
	return err != nil || name != a
}

// entry reads up to the next comma, group delimiter, or the end.
func (l *lexer) entry() (e *entry, end bool, err error) {
	e = &entry{}
	for l.pos < len(l.in) {
		c := l.in[l.pos]
		l.pos++
		switch c {
		case ',':
			return e, false, nil
		case ';':
			if !l.group {
				return nil, false, fmt.Errorf("%w: ; outside a group", ErrInvalid)
			}
			l.group = false
			return e, false, nil
		case ':':
			if l.group || e.hasA {
				return nil, false, fmt.Errorf("%w: misplaced colon", ErrInvalid)
			}
			if e.at {
				return nil, false, fmt.Errorf("%w: an address stands as a group's name", ErrInvalid)
			}
			l.group = true
			*e = entry{}
		default:
			if err := l.token(e, c); err != nil {
				return nil, false, err
			}
		}
	}
	if l.group {
		return nil, false, fmt.Errorf("%w: group without end", ErrInvalid)
	}
	return e, true, nil
}

// token takes one character, quoted-string, comment or angle-addr in.
func (l *lexer) token(e *entry, c byte) error {
	switch c {
	case ' ', '\t', '\r', '\n':
		e.plain.gap = true
		return nil
	case '(':
		e.plain.gap = true
		return l.comment()
	case '<':
		if e.hasA {
			return fmt.Errorf("%w: two addresses in one", ErrInvalid)
		}
		e.hasA = true
		e.text = true
		return l.angle(e)
	case '"':
		e.text = true
		return l.quoted(&e.plain)
	}
	e.text = true
	if e.hasA {
		return fmt.Errorf("%w: text after the address", ErrInvalid)
	}
	e.at = e.at || c == '@'
	e.plain.put(c)
	return nil
}

// angle reads an addr-spec up to the closing bracket. A source route
// (RFC 5322 §4.4) is dropped.
func (l *lexer) angle(e *entry) error {
	var b spelling
	for l.pos < len(l.in) {
		c := l.in[l.pos]
		l.pos++
		switch c {
		case '>':
			if b.broken {
				return errBroken
			}
			e.angle = dropRoute(b.String())
			if e.angle == "" {
				return fmt.Errorf("%w: empty angle brackets", ErrInvalid)
			}
			return nil
		case '<':
			return fmt.Errorf("%w: nested angle brackets", ErrInvalid)
		case ' ', '\t', '\r', '\n':
			b.gap = true
		case '(':
			b.gap = true
			if err := l.comment(); err != nil {
				return err
			}
		case '"':
			if err := l.quoted(&b); err != nil {
				return err
			}
		default:
			b.put(c)
		}
	}
	return fmt.Errorf("%w: open angle bracket", ErrInvalid)
}

func dropRoute(s string) string {
	if strings.HasPrefix(s, "@") {
		if i := strings.IndexByte(s, ':'); i >= 0 {
			return s[i+1:]
		}
	}
	return s
}

// quoted copies a quoted-string with its quotes.
func (l *lexer) quoted(b *spelling) error {
	b.put('"')
	for l.pos < len(l.in) {
		c := l.in[l.pos]
		l.pos++
		if c == '\r' || c == '\n' {
			continue // folding
		}
		b.WriteByte(c)
		switch {
		case c == '"':
			return nil
		case c == '\\' && l.pos < len(l.in):
			b.WriteByte(l.in[l.pos])
			l.pos++
		}
	}
	return fmt.Errorf("%w: open quotes", ErrInvalid)
}

// comment skips a comment, nested ones too.
func (l *lexer) comment() error {
	depth := 1
	for l.pos < len(l.in) {
		c := l.in[l.pos]
		l.pos++
		switch c {
		case '\\':
			l.pos++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: open comment", ErrInvalid)
}
