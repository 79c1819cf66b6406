// Package charset turns the text files that Windows' editors and shells write into
// UTF-8: UTF-16, and byte order marks, also inside (files joined by "type a b"). It also
// decodes files that are base64 alone.
package charset

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// bom is a byte order mark in UTF-8.
var bom = []byte("\ufeff")

// Text returns data without byte order marks, UTF-16 as UTF-8, and other octets as they
// are: what stands around PEM blocks may be in any character set.
func Text(data []byte) []byte {
	if order := utf16Order(data); order != nil {
		data = fromUTF16(data, order)
	}
	return bytes.ReplaceAll(data, bom, nil)
}

// Password is the first line of a password file. One that is not UTF-8 is read as
// Windows-1252.
func Password(data []byte) []byte {
	if order := utf16Order(data); order != nil {
		data = fromUTF16(data, order)
	}
	line, _, _ := bytes.Cut(bytes.TrimPrefix(data, bom), []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if utf8.Valid(line) {
		return bytes.Clone(line)
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(line)
	if err != nil {
		return bytes.Clone(line)
	}
	return text
}

// UTF8 is text that may be in UTF-8 or, when it is not, in ISO 8859-1, which every octet is
// a letter of.
func UTF8(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for _, octet := range []byte(text) {
		out.WriteRune(rune(octet))
	}
	return out.String()
}

// utf16Order is the byte order of UTF-16, told by its mark or, without one, by the zero
// octets of its first two letters; nil for anything else.
func utf16Order(data []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return binary.BigEndian
	case len(data) < 4:
		return nil
	case data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0:
		return binary.LittleEndian
	case data[0] == 0 && data[1] != 0 && data[2] == 0 && data[3] != 0:
		return binary.BigEndian
	}
	return nil
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(data)/2)
	for ; len(data) >= 2; data = data[2:] {
		units = append(units, order.Uint16(data))
	}
	return []byte(string(utf16.Decode(units)))
}

// Base64 decodes a file that is base64 alone, in lines or not; nil for anything else.
func Base64(text []byte) []byte {
	out, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		return nil
	}
	return out
}
