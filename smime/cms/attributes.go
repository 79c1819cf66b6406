package cms

// This file reads signed and authenticated attributes (RFC 5652 §5.3, RFC 5083 §2.1).

import (
	"bytes"
	"encoding/asn1"
	"errors"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/ber"
)

// attributes are signed or authenticated attributes.
type attributes struct {
	layer string
	at    int64  // where in the message they begin
	raw   []byte // as sent, with its IMPLICIT tag
	list  []attributeValues
}

type attributeValues struct {
	id     asn1.ObjectIdentifier
	values [][]byte // DER
}

// attributes reads an IMPLICIT SET OF Attribute, if there is one with the tag.
func (p *parser) attributes(tag cbasn1.Tag) (*attributes, error) {
	next, err := p.Peek()
	if err != nil || next != tag {
		return nil, err
	}
	at := p.Offset()
	raw, err := p.raw()
	if err != nil {
		return nil, err
	}
	a := &attributes{layer: p.layer, at: at, raw: raw}
	in := &parser{ber.NewReader(bytes.NewReader(raw), int64(len(raw))), p.layer, maxStructure}
	if err := in.each(tag, maxAttributes, "attributes", func() error { return in.attribute(a) }); err != nil {
		return nil, badAttributes(at, err)
	}
	return a, nil
}

// badAttributes is err, told where in the message the attributes begin.
func badAttributes(at int64, err error) error {
	var inside *ber.Error
	bound := errors.As(err, &inside) && inside.Bound
	return &ber.Error{Offset: at, Problem: "bad attributes: " + err.Error(), Bound: bound}
}

// attribute reads SEQUENCE { OBJECT IDENTIFIER, SET OF ANY }.
func (p *parser) attribute(a *attributes) error {
	return p.in(cbasn1.SEQUENCE, func() (err error) {
		v := attributeValues{}
		v.id, err = p.OID()
		if err != nil {
			return err
		}
		err = p.each(cbasn1.SET, maxAttributes, "values", func() error {
			raw, err := p.raw()
			if err != nil {
				return err
			}
			der, err := ber.DER(raw)
			v.values = append(v.values, der)
			return err
		})
		a.list = append(a.list, v)
		return err
	})
}

// asSent returns the attributes with the tag that is signed (RFC 5652 §5.4).
func (a *attributes) asSent() []byte {
	b := bytes.Clone(a.raw)
	b[0] = byte(cbasn1.SET)
	return b
}

// asDER returns their DER encoding, sorted.
func (a *attributes) asDER() ([]byte, error) { return ber.DER(a.asSent()) }

// one returns the value of an attribute that must not be there twice nor have
// two values; nil if it is not there.
func (a *attributes) one(id asn1.ObjectIdentifier) (value []byte, err error) {
	for _, v := range a.list {
		if !v.id.Equal(id) {
			continue
		}
		if value != nil || len(v.values) != 1 {
			return nil, &Error{
				Layer:   a.layer,
				Offset:  a.at,
				Problem: "attribute " + id.String() + " is there twice or has not one value",
			}
		}
		value = v.values[0]
	}
	return value, nil
}
