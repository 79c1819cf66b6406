// Package pbe opens what is encrypted or authenticated with a password: PBES1 and PBES2
// (RFC 8018), the schemes of PKCS#12 (RFC 7292 appendix B and C), scrypt (RFC 7914) and
// PBMAC1 (RFC 9579). It only reads.
package pbe

// This file turns a password into the octets that tools make of it.

import (
	"bytes"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// octets are the forms of one password, the one of the standard first.
type octets struct {
	bmp [][]byte // for the schemes of PKCS#12: UTF-16 with a zero at the end (RFC 7292 §B.1)
	raw [][]byte // for PBES1, PBES2 and PBMAC1: UTF-8 (RFC 8018 §3, RFC 9579 §5)
}

// formsOf are at most three each: every one that fails costs a derivation.
func formsOf(password string) octets {
	if password == "" {
		return octets{bmp: [][]byte{{0, 0}, {}}, raw: [][]byte{{}, {0, 0}}}
	}
	standard := bmpString(utf16.Encode([]rune(password)))
	f := octets{
		bmp: [][]byte{standard, widened([]byte(password))}, // gpgsm and OpenSSL before 1.1 widen octets
		raw: [][]byte{[]byte(password)},
	}
	if narrow, err := charmap.Windows1252.NewEncoder().String(password); err == nil {
		f.bmp = append(f.bmp, widened([]byte(narrow)))
		f.raw = append(f.raw, []byte(narrow))
	}
	f.raw = append(f.raw, standard) // NSS before 3.36 under PBES2
	return octets{bmp: once(f.bmp), raw: once(f.raw)}
}

// bmpString is big-endian with two zero octets at the end.
func bmpString(units []uint16) []byte {
	out := make([]byte, 0, 2*len(units)+2)
	for _, u := range units {
		out = append(out, byte(u>>8), byte(u))
	}
	return append(out, 0, 0)
}

// widened takes each octet for a character.
func widened(narrow []byte) []byte {
	units := make([]uint16, len(narrow))
	for i, b := range narrow {
		units[i] = uint16(b)
	}
	return bmpString(units)
}

func once(list [][]byte) (out [][]byte) {
	for i, b := range list {
		repeated := false
		for _, earlier := range list[:i] {
			repeated = repeated || bytes.Equal(earlier, b)
		}
		if !repeated {
			out = append(out, b)
		}
	}
	return out
}
