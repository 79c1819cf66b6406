package cms

// This file writes DER of known length around content that is streamed.

import (
	"bytes"
	"encoding/asn1"
	"io"
	"math/big"
	"slices"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// streamChunk is how much content is in memory at a time, in bytes.
const streamChunk = 64 << 10

// Context-specific tags, IMPLICIT on a primitive or constructed type, or EXPLICIT.
func implicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific() }
func explicit(n uint8) cbasn1.Tag { return implicit(n).Constructed() }

// der encodes one value of the tag whose contents are the parts, one after the other.
func der(tag cbasn1.Tag, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return append(derHeader(tag, int64(len(body))), body...)
}

// derHeader encodes tag and length, in the shortest form (X.690 §10.1).
func derHeader(tag cbasn1.Tag, length int64) []byte {
	if length < 0x80 {
		return []byte{byte(tag), byte(length)}
	}
	digits := big.NewInt(length).Bytes()
	return append([]byte{byte(tag), 0x80 | byte(len(digits))}, digits...)
}

// derSet encodes a SET OF, sorted as DER wants it (X.690 §11.6). No value is a
// prefix of another, so plain comparison gives that order.
func derSet(tag cbasn1.Tag, values ...[]byte) []byte {
	values = slices.SortedFunc(slices.Values(values), bytes.Compare)
	return der(tag, values...)
}

// derOID encodes an identifier of package oid, which are all well formed.
func derOID(id asn1.ObjectIdentifier) []byte {
	b, _ := asn1.Marshal(id)
	return b
}

func derInt(n int64) []byte { return derBigInt(big.NewInt(n)) }

// derBigInt encodes an INTEGER; serial numbers of certificates may be negative.
func derBigInt(n *big.Int) []byte {
	b, _ := asn1.Marshal(n)
	return b
}

func derOctets(b []byte) []byte { return der(cbasn1.OCTET_STRING, b) }

// derAlgorithm encodes an AlgorithmIdentifier; no parameters means absent ones.
func derAlgorithm(id asn1.ObjectIdentifier, parameters ...[]byte) []byte {
	return der(cbasn1.SEQUENCE, derOID(id), slices.Concat(parameters...))
}

var derNull = []byte{5, 0}

// frame is a DER encoding with content of known size in its middle that is not
// in memory: it is built from the inside out.
type frame struct {
	head, tail []byte
	size       int64 // of the content
}

// wrap puts everything so far into one value.
func (f *frame) wrap(tag cbasn1.Tag) {
	length := int64(len(f.head)) + f.size + int64(len(f.tail))
	f.head = append(derHeader(tag, length), f.head...)
}

func (f *frame) before(values ...[]byte) { f.head = append(slices.Concat(values...), f.head...) }

func (f *frame) after(values ...[]byte) { f.tail = append(f.tail, slices.Concat(values...)...) }

// contentInfo makes it a ContentInfo of the type (RFC 5652 §3).
func (f *frame) contentInfo(contentType asn1.ObjectIdentifier) {
	f.wrap(explicit(0))
	f.before(derOID(contentType))
	f.wrap(cbasn1.SEQUENCE)
}

// writeTo writes head, content and tail. body writes the content, exactly
// f.size bytes, and may fill in parts of the tail that it alone knows.
func (f *frame) writeTo(dst io.Writer, body func() error) error {
	if _, err := dst.Write(f.head); err != nil {
		return err
	}
	if err := body(); err != nil {
		return err
	}
	_, err := dst.Write(f.tail)
	return err
}
