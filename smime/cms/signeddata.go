// SignedData (RFC 5652 §5), read.

package cms

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"slices"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/internal/ber"
	"sealgate/smime/cms/internal/oid"
)

// SignedData is a signed message, or a bundle of certificates if it has no signers.
type SignedData struct {
	EContentType asn1.ObjectIdentifier
	Content      *Content // nil: detached
	Certificates [][]byte // raw; they may be no certificates at all
	DigestNames  []string // of digestAlgorithms, as far as known
	SignerInfos  []*SignerInfo
}

// SignerInfo is one signature as it stands in the message.
type SignerInfo struct {
	at                 int64 // where in the message it begins
	sid                signerID
	digest             algorithm
	attributes         *attributes // nil: none
	signatureAlgorithm algorithm
	signature          []byte
	misplaced          bool // an attribute is unsigned that must be signed
}

// signerID names a certificate: issuer and serial number, or key identifier.
type signerID struct {
	issuer []byte // DER of the Name
	serial []byte // contents of the INTEGER
	ski    []byte
}

func (p *parser) signedData() (*SignedData, error) {
	sd := &SignedData{}
	err := p.in(cbasn1.SEQUENCE, func() error {
		if _, err := p.Int(); err != nil { // version: the structure tells more
			return err
		}
		if err := p.each(cbasn1.SET, maxDigests, "digest algorithms", func() error { return p.digestName(sd) }); err != nil {
			return err
		}
		var err error
		if sd.EContentType, sd.Content, err = p.encapsulated(); err != nil {
			return err
		}
		if err := p.certificates(sd); err != nil {
			return err
		}
		if err := p.skipOptional(explicit(1)); err != nil { // crls: trust fetches its own
			return err
		}
		return p.each(cbasn1.SET, maxSigners, "signers", func() error {
			s, err := p.signerInfo()
			sd.SignerInfos = append(sd.SignerInfos, s)
			return err
		})
	})
	return sd, err
}

func (p *parser) digestName(sd *SignedData) error {
	a, err := p.algorithm()
	if err != nil {
		return err
	}
	if d := contentDigest(a.id); d != nil && !slices.Contains(sd.DigestNames, d.name) {
		sd.DigestNames = append(sd.DigestNames, d.name)
	}
	return nil
}

// certificates reads CertificateSet: X.509 certificates are kept, other choices
// (RFC 5652 §10.2.2) passed over.
func (p *parser) certificates(sd *SignedData) error {
	tag, err := p.Peek()
	if err != nil || tag != explicit(0) {
		return err
	}
	return p.each(explicit(0), maxCertificates, "certificates", func() error {
		tag, err := p.Peek()
		if err != nil {
			return err
		}
		if tag != cbasn1.SEQUENCE {
			_, _, err = p.Skip()
			return err
		}
		raw, err := p.raw()
		sd.Certificates = append(sd.Certificates, raw)
		return err
	})
}

// signerInfo reads SignerInfo (RFC 5652 §5.3).
func (p *parser) signerInfo() (*SignerInfo, error) {
	s := &SignerInfo{at: p.Offset()}
	err := p.in(cbasn1.SEQUENCE, func() (err error) {
		if _, err = p.Int(); err != nil {
			return err
		}
		if s.sid, err = p.signerID(); err != nil {
			return err
		}
		if s.digest, err = p.algorithm(); err != nil {
			return err
		}
		if s.attributes, err = p.attributes(explicit(0)); err != nil {
			return err
		}
		if s.signatureAlgorithm, err = p.algorithm(); err != nil {
			return err
		}
		if s.signature, err = p.octets(cbasn1.OCTET_STRING); err != nil {
			return err
		}
		return p.unsignedAttributes(s)
	})
	return s, err
}

// unsignedAttributes only looks for what must be signed (RFC 5652 §11).
func (p *parser) unsignedAttributes(s *SignerInfo) error {
	tag, err := p.Peek()
	if err != nil || tag != explicit(1) {
		return err
	}
	return p.each(explicit(1), maxAttributes, "attributes", func() error {
		return p.in(cbasn1.SEQUENCE, func() error {
			id, err := p.OID()
			if err != nil {
				return err
			}
			if id.Equal(oid.ContentType) || id.Equal(oid.MessageDigest) || id.Equal(oid.SigningTime) {
				s.misplaced = true
			}
			return p.rest()
		})
	})
}

// signerID reads SignerIdentifier: IssuerAndSerialNumber or [0] key identifier.
func (p *parser) signerID() (id signerID, err error) {
	tag, err := p.Peek()
	if err != nil {
		return id, err
	}
	if tag&^0x20 == implicit(0) {
		id.ski, err = p.octets(implicit(0))
		return id, err
	}
	return p.issuerAndSerial(cbasn1.SEQUENCE)
}

// issuerAndSerial reads IssuerAndSerialNumber (RFC 5652 §10.2.4).
func (p *parser) issuerAndSerial(tag cbasn1.Tag) (id signerID, err error) {
	err = p.in(tag, func() error {
		raw, err := p.raw()
		if err != nil {
			return err
		}
		if id.issuer, err = ber.DER(raw); err != nil {
			return p.problem("bad issuer name")
		}
		n, err := p.Int()
		if err != nil {
			return err
		}
		id.serial = derBigInt(n)
		return nil
	})
	return id, err
}

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
		if v.id, err = p.OID(); err != nil {
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
