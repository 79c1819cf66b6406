package x509cert

// This file reads names whose strings are not of the type that they say.

import (
	"encoding/binary"
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cb "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/charset"
)

// Types of strings that crypto/x509 has no name for (X.680 §8.4).
const (
	tagVisibleString   = cb.Tag(26)
	tagGeneralString   = cb.Tag(27)
	tagUniversalString = cb.Tag(28)
	tagBMPString       = cb.Tag(30)
	tagNumericString   = cb.Tag(18)
)

// name writes attributes that crypto/x509 refuses as UTF8String.
func (w *rewriting) name(name []byte, whose string) []byte {
	strict := func(name []byte) bool { return w.accepts(func(f *fields) { f.subject = name }) }
	if strict(name) {
		return name
	}
	in := cryptobyte.String(name)
	var sets, set cryptobyte.String
	var out []byte
	w.refused = w.refused || !in.ReadASN1(&sets, cb.SEQUENCE)
	for !w.refused && !sets.Empty() {
		if !sets.ReadASN1(&set, cb.SET) {
			w.refused = true
			break
		}
		var attributes []byte
		for !w.refused && !set.Empty() {
			var attribute []byte
			if !element(&set, &attribute, cb.SEQUENCE) {
				w.refused = true
				break
			}
			if !strict(sequence(tagged(cb.SET, attribute))) {
				attribute = w.attribute(attribute, whose)
			}
			attributes = append(attributes, attribute...)
		}
		out = append(out, tagged(cb.SET, attributes)...)
	}
	return sequence(out)
}

// attribute is an AttributeTypeAndValue with its value as text.
func (w *rewriting) attribute(der []byte, whose string) []byte {
	in := cryptobyte.String(der)
	var content, value, whole cryptobyte.String
	var id []byte
	var tag cb.Tag
	if !in.ReadASN1(&content, cb.SEQUENCE) || !element(&content, &id, cb.OBJECT_IDENTIFIER) {
		w.refused = true
		return nil
	}
	whole = content
	if !content.ReadAnyASN1(&value, &tag) || !content.Empty() {
		w.refused = true
		return nil
	}
	s, isText := text(tag, value)
	if !isText { // RFC 4514 §2.4
		s = "#" + hex.EncodeToString(whole)
		w.remark("the " + whose + " has an attribute that is no text")
	} else {
		w.remark("the " + whose + " has characters that its type of string does not have")
	}
	return sequence(id, tagged(cb.UTF8String, []byte(s)))
}

// text reads a string by what its octets are: UTF-8, or else ISO 8859-1.
func text(tag cb.Tag, value []byte) (s string, isText bool) {
	switch tag {
	case tagBMPString:
		return utf16Text(value), true
	case tagUniversalString:
		return utf32Text(value), true
	case cb.UTF8String, cb.PrintableString, cb.T61String, cb.IA5String,
		tagNumericString, tagVisibleString, tagGeneralString:
		return charset.UTF8(string(value)), true
	}
	return "", false
}

// utf16Text reads pairs of surrogates too; half a unit at the end is a character that
// cannot be read.
func utf16Text(value []byte) string {
	var units []uint16
	for ; len(value) >= 2; value = value[2:] {
		units = append(units, binary.BigEndian.Uint16(value))
	}
	s := string(utf16.Decode(units))
	if len(value) > 0 {
		s += string(utf8.RuneError)
	}
	return s
}

func utf32Text(value []byte) string {
	var runes []rune
	for ; len(value) >= 4; value = value[4:] {
		runes = append(runes, rune(binary.BigEndian.Uint32(value)))
	}
	if len(value) > 0 {
		runes = append(runes, utf8.RuneError)
	}
	return string(runes)
}
