package cms

// This file reads SignedData (RFC 5652 §5).

import (
	"encoding/asn1"
	"slices"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// SignedData is a signed message, or a bundle of certificates if it has no signers.
type SignedData struct {
	EContentType asn1.ObjectIdentifier
	Content      *Content // nil: detached
	Certificates [][]byte // raw; they may be no certificates at all
	Known        [][]byte // a caller's own, for signers whose certificate the message lacks
	DigestNames  []string // of digestAlgorithms, as far as known
	SignerInfos  []*SignerInfo

	bag *bagOf // of Certificates, once one was looked for
}

// certificates are parsed once, however often they are looked through.
func (sd *SignedData) certificates() *bagOf {
	if sd.bag == nil {
		sd.bag = newBag(sd.Certificates)
	}
	return sd.bag
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
		sd.EContentType, sd.Content, err = p.encapsulated()
		if err != nil {
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
		_, err = p.Int()
		if err != nil {
			return err
		}
		s.sid, err = p.signerID()
		if err != nil {
			return err
		}
		s.digest, err = p.algorithm()
		if err != nil {
			return err
		}
		s.attributes, err = p.attributes(explicit(0))
		if err != nil {
			return err
		}
		s.signatureAlgorithm, err = p.algorithm()
		if err != nil {
			return err
		}
		s.signature, err = p.octets(cbasn1.OCTET_STRING)
		if err != nil {
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

// malformed says where in the message the signer stands.
func (s *SignerInfo) malformed(problem string) error {
	return &Error{Layer: "SignedData", Offset: s.at, Problem: problem}
}
