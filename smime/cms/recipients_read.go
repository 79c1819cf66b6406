package cms

// This file reads RecipientInfo (RFC 5652 §6.2).

import (
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

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

// String is for people: issuer and serial number, or key identifier; else what is known of how
// the content key is encrypted.
func (r *RecipientInfo) String() string {
	if !r.id.named() {
		return "key management " + r.KeyManagement
	}
	return r.id.String()
}

// Identifiers are all by which a RecipientInfo can name the certificate in the usual way, for
// people: issuer and serial number, and key identifier (RFC 5652 §6.2.1).
func Identifiers(c *x509.Certificate) string {
	number := signerID{issuer: c.RawIssuer, serial: derBigInt(c.SerialNumber)}
	return number.String() + ", " + signerID{ski: keyID(c)}.String()
}

// Names reports whether the RecipientInfo names the certificate or its key, in any form that
// senders make of an identifier.
func (r *RecipientInfo) Names(c *x509.Certificate) bool { return r.id.named() && r.id.meansKey(c) }

// agreement is what the recipients of one KeyAgreeRecipientInfo share.
type agreement struct {
	point []byte // the originator's ephemeral public key; nil: something else
	ukm   []byte
}

// recipientInfo reads one RecipientInfo, with key agreement one for each recipient, into
// the list.
func (p *parser) recipientInfo(list *[]RecipientInfo) error {
	tag, err := p.Peek()
	if err != nil {
		return err
	}
	switch tag {
	case cbasn1.SEQUENCE:
		return p.keyTransport(list)
	case explicit(1):
		return p.keyAgreement(list)
	}
	name := map[cbasn1.Tag]string{explicit(2): "kek", explicit(3): "password"}[tag]
	if name == "" {
		name = "other"
	}
	*list = append(*list, RecipientInfo{KeyManagement: name})
	_, _, err = p.Skip()
	return err
}

// keyTransport reads KeyTransRecipientInfo (RFC 5652 §6.2.1).
func (p *parser) keyTransport(list *[]RecipientInfo) error {
	return p.in(cbasn1.SEQUENCE, func() error {
		if _, err := p.Int(); err != nil {
			return err
		}
		id, err := p.signerID()
		if err != nil {
			return err
		}
		r := newRecipient(id)
		r.management, err = p.algorithm()
		if err != nil {
			return err
		}
		r.KeyManagement = transportName(r.management.id)
		r.encryptedKey, err = p.octets(cbasn1.OCTET_STRING)
		*list = append(*list, r)
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

// keyAgreement reads KeyAgreeRecipientInfo (RFC 5652 §6.2.2), one RecipientInfo
// for each of its recipients.
func (p *parser) keyAgreement(list *[]RecipientInfo) error {
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
			if len(*list) >= maxRecipients {
				return p.problem("more than %d recipients", maxRecipients)
			}
			r, err := p.recipientEncryptedKey()
			r.management = management
			r.agreement = shared
			r.KeyManagement = agreementName(management.id)
			*list = append(*list, r)
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
				id.ski, err = p.octets(cbasn1.OCTET_STRING)
				if err != nil {
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
