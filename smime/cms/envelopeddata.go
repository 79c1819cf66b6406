package cms

// This file reads EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083).

import (
	"encoding/asn1"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// EnvelopedData is an encrypted message.
type EnvelopedData struct {
	Authenticated bool                  // AuthEnvelopedData
	EContentType  asn1.ObjectIdentifier // of what is encrypted
	Cipher        string                // "aes-256-cbc" …; the object identifier of an unknown one
	Recipients    []RecipientInfo
	Weak          []string // "des-ede3-cbc", "rc2-40" …

	algorithm  []byte         // contentEncryptionAlgorithm with its parameters, DER
	cipher     *contentCipher // nil: unknown
	content    *Content
	attributes *attributes // authAttrs
	mac        []byte
}

func (p *parser) envelopedData(authenticated bool) (*EnvelopedData, error) {
	e := &EnvelopedData{Authenticated: authenticated}
	return e, p.in(cbasn1.SEQUENCE, func() error {
		if _, err := p.Int(); err != nil {
			return err
		}
		if err := p.skipOptional(explicit(0)); err != nil { // originatorInfo
			return err
		}
		err := p.each(cbasn1.SET, maxRecipients, "recipients", func() error {
			return p.recipientInfo(&e.Recipients)
		})
		if err != nil {
			return err
		}
		if err := p.encryptedContent(e); err != nil {
			return err
		}
		if !authenticated {
			return p.skipOptional(explicit(1)) // unprotectedAttrs
		}
		return p.authentication(e)
	})
}

// encryptedContent reads EncryptedContentInfo (RFC 5652 §6.1).
func (p *parser) encryptedContent(e *EnvelopedData) error {
	return p.in(cbasn1.SEQUENCE, func() (err error) {
		e.EContentType, err = p.OID()
		if err != nil {
			return err
		}
		a, err := p.algorithm()
		if err != nil {
			return err
		}
		e.Cipher = a.id.String()
		e.algorithm = a.raw
		e.cipher, err = parseCipher(a)
		if err != nil {
			return err
		}
		if e.cipher != nil {
			e.Cipher = e.cipher.name
			if weak := e.cipher.weakName(); weak != "" {
				e.Weak = []string{weak}
			}
			if e.cipher.mode.authenticates() != e.Authenticated { // no downgrade to what is not authenticated
				return p.problem("%s does not belong here", e.Cipher)
			}
		}
		tag, err := p.Peek()
		if err != nil {
			return err
		}
		if tag&^0x20 != implicit(0) {
			return p.problem("no encrypted content")
		}
		o, err := p.Octets(implicit(0))
		e.content = &Content{o}
		return err
	})
}

// authentication reads authAttrs, mac and unauthAttrs (RFC 5083 §2.1).
func (p *parser) authentication(e *EnvelopedData) (err error) {
	e.attributes, err = p.attributes(explicit(1))
	if err != nil {
		return err
	}
	e.mac, err = p.octets(cbasn1.OCTET_STRING)
	if err != nil {
		return err
	}
	if e.cipher != nil && len(e.mac) != e.cipher.tagSize {
		return p.problem("a mac of %d bytes where %d were announced", len(e.mac), e.cipher.tagSize)
	}
	if err := e.checkContentType(); err != nil {
		return err
	}
	return p.skipOptional(explicit(2))
}

// checkContentType wants the content-type attribute, and the right one, when
// the content is other than data (RFC 5083 §2.1).
func (e *EnvelopedData) checkContentType() error {
	var said []byte
	var err error
	at := e.content.Offset()
	if e.attributes != nil {
		at = e.attributes.at
		said, err = e.attributes.one(oid.ContentType)
		if err != nil {
			return err
		}
	}
	if said == nil && e.EContentType.Equal(oid.Data) || string(said) == string(derOID(e.EContentType)) {
		return nil
	}
	return &Error{
		Layer:   "AuthEnvelopedData",
		Offset:  at,
		Problem: "the content-type attribute is missing or not the content's",
	}
}

// aad are the authenticated attributes as the cipher takes them (RFC 5083 §2.2), nil
// without any.
func (e *EnvelopedData) aad() ([]byte, error) {
	if e.attributes == nil {
		return nil, nil
	}
	return e.attributes.asDER()
}
