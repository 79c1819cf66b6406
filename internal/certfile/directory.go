package certfile

// This file reads LDIF (RFC 2849) and vCards (RFC 6350, and versions 2.1 and 3.0 as
// Outlook writes them).

import (
	"bytes"
	"fmt"
	"strings"

	"sealgate/certstore"
	"sealgate/internal/charset"
)

// entry is the value of one attribute or property.
type entry struct {
	place string // in the file, for people
	der   []byte
	why   string // it is left out
}

// entries reads the certificates in what LDIF or vCards hold.
func entries(list []entry) (*certstore.Bundle, error) {
	b := &certstore.Bundle{}
	for i, e := range list {
		if i == maxEntries {
			b.LeftOut = append(b.LeftOut, fmt.Sprintf("what follows entry %d: split the file", maxEntries))
			break
		}
		if e.why != "" {
			b.LeftOut = append(b.LeftOut, e.place+": "+e.why)
			continue
		}
		add(b, e.der, e.place)
	}
	return b, nil
}

// unfolded joins the lines that begin with a blank to the ones before them (RFC 2849 note
// 2, RFC 6350 §3.2).
func unfolded(text []byte) (lines []string) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	var line strings.Builder
	for part := range bytes.Lines(text) {
		part = bytes.TrimSuffix(part, []byte("\n"))
		if len(part) > 0 && (part[0] == ' ' || part[0] == '\t') {
			line.Write(part[1:])
			continue
		}
		lines = append(lines, line.String())
		line.Reset()
		line.Write(part)
	}
	return append(lines, line.String())
}

// ldifAttributes hold certificates (RFC 4523 §2, RFC 2798 §2.8).
var ldifAttributes = map[string]bool{"usercertificate": true, "usersmimecertificate": true, "cacertificate": true}

func readLDIF(text []byte) (list []entry) {
	dn := ""
	for _, line := range unfolded(text) {
		description, value, found := strings.Cut(line, ":")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(strings.ToLower(description), ";") // options: ";binary"
		if name == "dn" {
			dn = shown(value)
		}
		if !ldifAttributes[name] {
			continue
		}
		e := entry{place: dn + ", " + description}
		encoded, isBase64 := strings.CutPrefix(value, ":")
		switch {
		case strings.HasPrefix(value, "<"):
			e.why = "stands in another file or on a server, which is not asked"
		case !isBase64:
			e.why = "is not in base64"
		default:
			e.der = charset.Base64([]byte(encoded))
		}
		list = append(list, e)
	}
	return list
}

// shown is the text of a dn, which may be in base64.
func shown(value string) string {
	if encoded, isBase64 := strings.CutPrefix(value, ":"); isBase64 {
		return string(charset.Base64([]byte(encoded)))
	}
	return strings.TrimSpace(value)
}

// vCardProperties hold keys: RFC 6350 §6.8.1, and what Outlook adds.
var vCardProperties = map[string]bool{"KEY": true, "X-MS-CERT": true}

func readVCard(text []byte) (list []entry) {
	name := ""
	for _, line := range unfolded(text) {
		head, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		property, parameters, _ := strings.Cut(head, ";")
		property = strings.ToUpper(property[strings.LastIndexByte(property, '.')+1:]) // "item1.KEY"
		if property == "FN" {
			name = value
		}
		if !vCardProperties[property] {
			continue
		}
		list = append(list, vCardKey(name+", "+property, strings.ToUpper(parameters), value))
	}
	return list
}

// vCardKey takes base64, or a data URI (RFC 2397).
func vCardKey(place, parameters, value string) entry {
	e := entry{place: place}
	if rest, isURI := strings.CutPrefix(value, "data:"); isURI {
		_, value, _ = strings.Cut(rest, ",")
	}
	switch {
	case strings.Contains(parameters, "PGP"), strings.Contains(value, "BEGIN PGP"):
		e.why = "an OpenPGP key"
	case strings.Contains(value, "://"):
		e.why = "an address on the web, which is not asked"
	default:
		e.der = charset.Base64([]byte(value))
	}
	return e
}
