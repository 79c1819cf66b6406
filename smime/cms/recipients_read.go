// RecipientInfo (RFC 5652 §6.2), read.

package cms

import (
	"encoding/asn1"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

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

// keyTransports are the key transport algorithms (RFC 3370 §4.2.1, RFC 4055 §4.1).
var keyTransports = []struct {
	name string
	id   asn1.ObjectIdentifier
}{
	{"rsa-oaep", oid.RSAESOAEP},
	{"rsa-pkcs1", oid.RSAEncryption},
}

func transportName(id asn1.ObjectIdentifier) string {
	for _, t := range keyTransports {
		if t.id.Equal(id) {
			return t.name
		}
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
