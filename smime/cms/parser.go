package cms

// This file reads the parts that every kind of message is made of (RFC 5652 §3), within bounds.

import (
	"encoding/asn1"
	"fmt"
	"io"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/ber"
)

// Content is an OCTET STRING of the message, in any segmentation, which is read
// from the message in linear time and constant memory.
type Content struct{ octets *ber.Octets }

// Size returns the number of bytes.
func (c *Content) Size() int64 { return c.octets.Size() }

// Offset is where its encoding begins, in bytes from the beginning of the message.
func (c *Content) Offset() int64 { return c.octets.Offset() }

// NewReader reads the content from its beginning.
func (c *Content) NewReader() io.Reader { return c.octets.NewReader() }

// parser reads the structure of one message within its bounds.
type parser struct {
	*ber.Reader
	layer string
	left  int64 // bytes of structure that may still be held
}

func (p *parser) problem(format string, args ...any) error {
	return &ber.Error{Offset: p.Offset(), Problem: fmt.Sprintf(format, args...)}
}

// each enters a value and calls read for each value in it, at most limit times.
func (p *parser) each(tag cbasn1.Tag, limit int, what string, read func() error) error {
	if err := p.Enter(tag); err != nil {
		return err
	}
	for n := 0; ; n++ {
		more, err := p.More()
		if err != nil {
			return err
		}
		if !more {
			return p.Leave()
		}
		if n == limit {
			return &ber.Error{Offset: p.Offset(), Problem: fmt.Sprintf("more than %d %s", limit, what), Bound: true}
		}
		if err := read(); err != nil {
			return err
		}
	}
}

// in enters a value, calls read, and leaves it.
func (p *parser) in(tag cbasn1.Tag, read func() error) error {
	if err := p.Enter(tag); err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	return p.Leave()
}

// optional does the same if the next value has the tag.
func (p *parser) optional(tag cbasn1.Tag, read func() error) error {
	next, err := p.Peek()
	if err != nil || next != tag {
		return err
	}
	return p.in(tag, read)
}

// skipOptional goes past the next value if it has the tag.
func (p *parser) skipOptional(tag cbasn1.Tag) error {
	next, err := p.Peek()
	if err != nil || next != tag {
		return err
	}
	_, _, err = p.Skip()
	return err
}

// raw returns the next value as it stands, within what may still be held.
func (p *parser) raw() ([]byte, error) {
	b, err := p.Raw(p.left)
	p.left -= int64(len(b))
	return b, err
}

// octets returns an OCTET STRING in one piece, within what may still be held.
func (p *parser) octets(tag cbasn1.Tag) ([]byte, error) {
	o, err := p.Octets(tag)
	if err != nil {
		return nil, err
	}
	b, err := o.Bytes(p.left)
	p.left -= int64(len(b))
	return b, err
}

// algorithm is an AlgorithmIdentifier.
type algorithm struct {
	at         int64 // where in the message it begins
	id         asn1.ObjectIdentifier
	parameters []byte // DER; nil: absent
	raw        []byte // DER, whole
}

func (p *parser) algorithm() (a algorithm, err error) {
	tag, err := p.Peek()
	if err != nil {
		return a, err
	}
	if tag != cbasn1.SEQUENCE {
		return a, p.problem("no AlgorithmIdentifier")
	}
	start := &ber.Error{Offset: p.Offset(), Problem: "bad AlgorithmIdentifier"}
	raw, err := p.raw()
	if err != nil {
		return a, err
	}
	a, err = parseAlgorithm(raw)
	if err != nil {
		return a, start
	}
	a.at = start.Offset
	return a, nil
}

// parseAlgorithm reads an AlgorithmIdentifier in BER.
func parseAlgorithm(raw []byte) (a algorithm, err error) {
	a.raw, err = ber.DER(raw)
	if err != nil {
		return a, err
	}
	var seq asn1.RawValue
	if _, err := asn1.Unmarshal(a.raw, &seq); err != nil {
		return a, err
	}
	rest, err := asn1.Unmarshal(seq.Bytes, &a.id)
	if err != nil {
		return a, err
	}
	if len(rest) > 0 {
		var parameters asn1.RawValue
		if more, err := asn1.Unmarshal(rest, &parameters); err != nil || len(more) > 0 {
			return a, ErrMalformed
		}
		a.parameters = rest
	}
	return a, nil
}

// encapsulated reads EncapsulatedContentInfo (RFC 5652 §5.2).
func (p *parser) encapsulated() (id asn1.ObjectIdentifier, c *Content, err error) {
	err = p.in(cbasn1.SEQUENCE, func() error {
		id, err = p.OID()
		if err != nil {
			return err
		}
		return p.optional(explicit(0), func() error {
			o, err := p.Octets(cbasn1.OCTET_STRING)
			c = &Content{o}
			return err
		})
	})
	return id, c, err
}

// rest skips what is left of a value: date and other of RecipientKeyIdentifier.
func (p *parser) rest() error {
	for {
		more, err := p.More()
		if err != nil || !more {
			return err
		}
		if _, _, err := p.Skip(); err != nil {
			return err
		}
	}
}
