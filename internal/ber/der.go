package ber

// This file turns BER of bounded size into DER.

import (
	"bytes"
	"math/big"
	"slices"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func derLength(n int64) []byte {
	if n < 0x80 {
		return []byte{byte(n)}
	}
	digits := big.NewInt(n).Bytes()
	return append([]byte{0x80 | byte(len(digits))}, digits...)
}

// DER encodes one value, which is all of raw, by the rules of DER: definite and
// shortest lengths, strings in one piece, the values of a SET sorted (X.690 §10,
// §11.6). Contents of primitive values stay as they are. IMPLICIT tags hide what a
// value is: such strings in segments stay in segments.
func DER(raw []byte) ([]byte, error) {
	r := NewReader(bytes.NewReader(raw), int64(len(raw)))
	out, err := r.der(raw)
	if err != nil {
		return nil, err
	}
	if r.pos != int64(len(raw)) {
		return nil, r.fail("octets after the value")
	}
	return out, nil
}

// der is as deep as MaxDepth, which Enter sees to.
func (r *Reader) der(raw []byte) ([]byte, error) {
	h, err := r.Header()
	if err != nil {
		return nil, err
	}
	if !h.Constructed() {
		_, end, err := r.Skip()
		return slices.Concat([]byte{byte(h.Tag)}, derLength(h.Length), raw[h.Body:end]), err
	}
	if h.Tag == octetString|constructed {
		o, err := r.Octets(octetString)
		if err != nil {
			return nil, err
		}
		b, err := o.Bytes(o.size)
		return slices.Concat([]byte{byte(octetString)}, derLength(o.size), b), err
	}
	var values [][]byte
	if err := r.Enter(h.Tag); err != nil {
		return nil, err
	}
	for {
		more, err := r.More()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		v, err := r.der(raw)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	if h.Tag == cbasn1.SET {
		slices.SortFunc(values, bytes.Compare)
	}
	body := slices.Concat(values...)
	return slices.Concat([]byte{byte(h.Tag)}, derLength(int64(len(body))), body), r.Leave()
}
