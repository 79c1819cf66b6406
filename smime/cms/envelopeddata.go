// EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083), read.

package cms

import (
	"encoding/asn1"
	"math/big"

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

	cipher     *contentCipher // nil: unknown
	content    *Content
	attributes *attributes // authAttrs
	mac        []byte
}

// RecipientInfo is the content key for one recipient. It is not authenticated:
// whom it names says nothing about who can read the message.
type RecipientInfo struct {
	// KeyManagement is "rsa-pkcs1", "rsa-oaep", "ecdh-sha-256" and the like
	// (X9.63), "ecdh-hkdf-sha-256" and the like, "kek", "password", "other", or
	// the object identifier of an unknown algorithm.
	KeyManagement string
	Issuer        []byte   // DER of the Name; nil when SKI names the certificate
	Serial        *big.Int // with Issuer
	SKI           []byte

	id           signerID
	management   algorithm
	agreement    *agreement // KeyAgreeRecipientInfo
	encryptedKey []byte
}

// agreement is what the recipients of one KeyAgreeRecipientInfo share.
type agreement struct {
	point []byte // the originator's ephemeral public key; nil: something else
	ukm   []byte
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
		if err := p.each(cbasn1.SET, maxRecipients, "recipients", func() error { return p.recipientInfo(e) }); err != nil {
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
		if e.EContentType, err = p.OID(); err != nil {
			return err
		}
		a, err := p.algorithm()
		if err != nil {
			return err
		}
		e.Cipher = a.id.String()
		if e.cipher, err = parseCipher(a); err != nil {
			return err
		}
		if e.cipher != nil {
			e.Cipher = e.cipher.name
			if weak := e.cipher.weakName(); weak != "" {
				e.Weak = []string{weak}
			}
			if e.cipher.aead() != e.Authenticated { // no downgrade to what is not authenticated
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
	if e.attributes, err = p.attributes(explicit(1)); err != nil {
		return err
	}
	if e.mac, err = p.octets(cbasn1.OCTET_STRING); err != nil {
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
	if e.attributes != nil {
		if said, err = e.attributes.one(oid.ContentType); err != nil {
			return err
		}
	}
	if said == nil && e.EContentType.Equal(oid.Data) || string(said) == string(derOID(e.EContentType)) {
		return nil
	}
	return &Error{"AuthEnvelopedData", -1, "the content-type attribute is missing or not the content's"}
}

// recipientInfo reads RecipientInfo (RFC 5652 §6.2).
func (p *parser) recipientInfo(e *EnvelopedData) error {
	tag, err := p.Peek()
	if err != nil {
		return err
	}
	switch tag {
	case cbasn1.SEQUENCE:
		return p.keyTransport(e)
	case explicit(1):
		return p.keyAgreement(e)
	}
	name := map[cbasn1.Tag]string{explicit(2): "kek", explicit(3): "password"}[tag]
	if name == "" {
		name = "other"
	}
	e.Recipients = append(e.Recipients, RecipientInfo{KeyManagement: name})
	_, _, err = p.Skip()
	return err
}

// keyTransport reads KeyTransRecipientInfo (RFC 5652 §6.2.1).
func (p *parser) keyTransport(e *EnvelopedData) error {
	return p.in(cbasn1.SEQUENCE, func() error {
		if _, err := p.Int(); err != nil {
			return err
		}
		id, err := p.signerID()
		if err != nil {
			return err
		}
		r := newRecipient(id)
		if r.management, err = p.algorithm(); err != nil {
			return err
		}
		r.KeyManagement = transportName(r.management.id)
		r.encryptedKey, err = p.octets(cbasn1.OCTET_STRING)
		e.Recipients = append(e.Recipients, r)
		return err
	})
}

func newRecipient(id signerID) RecipientInfo {
	r := RecipientInfo{id: id, Issuer: id.issuer, SKI: id.ski}
	if id.ski == nil {
		r.Serial = id.serialNumber()
	}
	return r
}

func transportName(id asn1.ObjectIdentifier) string {
	switch {
	case id.Equal(oid.RSAEncryption):
		return "rsa-pkcs1"
	case id.Equal(oid.RSAESOAEP):
		return "rsa-oaep"
	}
	return id.String()
}

// keyAgreement reads KeyAgreeRecipientInfo (RFC 5652 §6.2.2), one RecipientInfo
// for each of its recipients.
func (p *parser) keyAgreement(e *EnvelopedData) error {
	return p.in(explicit(1), func() error {
		if _, err := p.Int(); err != nil {
			return err
		}
		shared := &agreement{}
		if err := p.in(explicit(0), func() error { return p.originator(shared) }); err != nil {
			return err
		}
		err := p.optional(explicit(1), func() (err error) {
			shared.ukm, err = p.octets(cbasn1.OCTET_STRING)
			return err
		})
		if err != nil {
			return err
		}
		management, err := p.algorithm()
		if err != nil {
			return err
		}
		return p.each(cbasn1.SEQUENCE, maxRecipients, "recipients", func() error {
			if len(e.Recipients) >= maxRecipients {
				return p.problem("more than %d recipients", maxRecipients)
			}
			r, err := p.recipientEncryptedKey()
			r.management, r.agreement = management, shared
			r.KeyManagement = agreementName(management.id)
			e.Recipients = append(e.Recipients, r)
			return err
		})
	})
}

// originator reads OriginatorIdentifierOrKey; only an ephemeral key is of use.
func (p *parser) originator(shared *agreement) error {
	tag, err := p.Peek()
	if err != nil {
		return err
	}
	if tag != explicit(1) {
		_, _, err := p.Skip()
		return err
	}
	return p.in(explicit(1), func() error {
		if _, err := p.algorithm(); err != nil {
			return err
		}
		at := p.problem("bad public key of the originator")
		raw, err := p.raw()
		if err != nil {
			return err
		}
		var bits asn1.BitString
		if rest, err := asn1.Unmarshal(raw, &bits); err != nil || len(rest) > 0 || bits.BitLength%8 != 0 {
			return at
		}
		shared.point = bits.Bytes
		return nil
	})
}

// recipientEncryptedKey reads RecipientEncryptedKey, whose identifier is
// IssuerAndSerialNumber or [0] RecipientKeyIdentifier.
func (p *parser) recipientEncryptedKey() (r RecipientInfo, err error) {
	err = p.in(cbasn1.SEQUENCE, func() error {
		tag, err := p.Peek()
		if err != nil {
			return err
		}
		var id signerID
		if tag == explicit(0) {
			err = p.in(tag, func() error {
				if id.ski, err = p.octets(cbasn1.OCTET_STRING); err != nil {
					return err
				}
				return p.rest()
			})
		} else {
			id, err = p.issuerAndSerial(cbasn1.SEQUENCE)
		}
		if err != nil {
			return err
		}
		r = newRecipient(id)
		r.encryptedKey, err = p.octets(cbasn1.OCTET_STRING)
		return err
	})
	return r, err
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
