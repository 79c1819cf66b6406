package smime

// This file writes more narrowly than is read: boundaries that no reader confuses, headers of
// 7 bits.

import (
	"context"
	"errors"
	"maps"
	"mime"
	"net/mail"
	"slices"
	"strings"

	"sealgate/internal/charset"
)

// boundaries are those of all multiparts in an entity.
type boundaries []string

// confuse reports whether a boundary begins with another one, or another one with it: some
// readers compare prefixes (RFC 2046 §5.1.1).
func (all boundaries) confuse(boundary string) bool {
	n := 0
	for _, other := range all {
		if strings.HasPrefix(boundary, other) || strings.HasPrefix(other, boundary) {
			n++
		}
	}
	return n > 1 // itself, and another one
}

// boundariesOf are those of all multiparts in e, also of those that stay as they are.
func boundariesOf(ctx context.Context, e *Entity) (all boundaries, err error) {
	m, err := e.multipart(ctx)
	if errors.Is(err, ErrMalformed) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if m == nil {
		return boundariesWithin(ctx, e)
	}
	all = boundaries{e.boundary()}
	for _, p := range m.parts {
		inner, err := boundariesOf(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, inner...)
	}
	return all, nil
}

// boundariesWithin are those of a message within the message.
func boundariesWithin(ctx context.Context, e *Entity) (boundaries, error) {
	media, _ := e.ContentType()
	if media != "message/rfc822" || !identity[e.encoding()] {
		return nil, nil
	}
	inner, err := e.message()
	if errors.Is(err, ErrMalformed) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return boundariesOf(ctx, inner)
}

// longestWordLine is how long a line with an encoded word may be (RFC 2047 §2).
const longestWordLine = 76

// narrowField is a field without raw octets above 127: parameters as RFC 2231 has them, else
// encoded words (RFC 2047). What cannot be written so stays.
func narrowField(f Field) []byte {
	if f.Name == "" || countHigh(f.Raw) == 0 {
		return f.Raw
	}
	var value string
	switch strings.ToLower(f.Name) {
	case "content-type", "content-disposition": // RFC 2045 §5.1, RFC 2183
		value = withParameters(parseParameters(f.Value()))
	case "from", "sender", "reply-to", "to", "cc", "resent-from", "resent-sender", "resent-to", "resent-cc":
		value = withNames(f.Value())
	default:
		value = mime.QEncoding.Encode("utf-8", charset.UTF8(f.Value()))
	}
	if value == "" {
		return f.Raw
	}
	value = strings.ReplaceAll(value, "?= =?", "?=\r\n =?")
	between := ": "
	if line, _, _ := strings.Cut(value, "\r\n"); len(f.Name)+len(between)+len(line) > longestWordLine {
		between = ":\r\n "
	}
	narrow := []byte(f.Name + between + value + "\r\n")
	if s := measureBytes(narrow); s.high > 0 || !s.legal() {
		return f.Raw
	}
	return narrow
}

// withParameters is a word with parameters, one a line, in the order of their names; "" when
// it is no word.
func withParameters(word string, params map[string]string) string {
	out := mime.FormatMediaType(word, nil)
	if out == "" {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if strings.Contains(name, "*") {
			continue // it stands under its plain name too
		}
		one := mime.FormatMediaType("x", map[string]string{name: charset.UTF8(params[name])})
		if _, parameter, ok := strings.Cut(one, "; "); ok {
			out += ";\r\n " + parameter
		}
	}
	return out
}

// withNames is a list of addresses (RFC 5322 §3.4) with their names as encoded words; "" when
// it cannot be read.
func withNames(value string) string {
	list, err := mail.ParseAddressList(charset.UTF8(value))
	if err != nil {
		return ""
	}
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return strings.Join(out, ",\r\n ")
}
