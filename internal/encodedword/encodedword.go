// Package encodedword decodes the words in which a header writes what is not ASCII (RFC 2047).
package encodedword

import (
	"io"
	"mime"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// Decode returns s with its encoded words decoded; what cannot be decoded stays. In a
// charset that is not known ASCII is read all the same: a tag, or the ending of a file
// name, must not hide there.
func Decode(s string) string {
	d, err := (&mime.WordDecoder{CharsetReader: charsetReader}).DecodeHeader(s)
	if err != nil {
		return s
	}
	return d
}

func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	if c, err := htmlindex.Get(charset); err == nil {
		return c.NewDecoder().Reader(in), nil
	}
	return charmap.ISO8859_1.NewDecoder().Reader(in), nil
}
