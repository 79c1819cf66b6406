package cms

// This file reads what the signed attributes say of the signer (RFC 8551 §2.5).

import (
	"crypto/x509"
	"encoding/asn1"
	"time"

	"sealgate/smime/cms/internal/oid"
)

// describe fills in signing time, capabilities and encryption certificate.
// Capabilities that cannot be read are left out: they do not make the signature
// worse. An attribute that stands there twice, or a time that is none, is an error.
func (a *attributes) describe(sig *Signature, bag *bagOf) error {
	value, err := a.one(oid.SigningTime)
	if err != nil {
		return err
	}
	if value != nil {
		var t time.Time
		if rest, err := asn1.Unmarshal(value, &t); err != nil || len(rest) > 0 {
			return &Error{Layer: "SignedData", Offset: a.at, Problem: "the signing-time attribute is no time"}
		}
		sig.SigningTime = t.UTC()
	}
	value, err = a.one(oid.SMIMECapabilities)
	if err != nil {
		return err
	}
	if value != nil {
		sig.Capabilities, _ = ParseCapabilities(value)
	}
	sig.EncryptionCertificate, err = a.encryptionCertificate(bag)
	return err
}

// encryptionCertificate finds the certificate of smimeEncryptionKeyPreference
// (RFC 8551 §2.5.3) or of Microsoft's older attribute in the bag.
func (a *attributes) encryptionCertificate(bag *bagOf) (*x509.Certificate, error) {
	value, err := a.one(oid.EncryptionKeyPreference)
	if err != nil {
		return nil, err
	}
	if value == nil {
		value, err = a.one(oid.MSEncryptionKeyReference)
		if err != nil || value == nil {
			return nil, err
		}
	}
	id, ok := parseKeyPreference(value)
	if !ok {
		return nil, nil
	}
	if certs, _ := bag.find(id); len(certs) > 0 {
		return certs[0], nil
	}
	return nil, nil
}

// parseKeyPreference reads the choices [0] issuerAndSerialNumber, [1]
// RecipientKeyIdentifier, [2] key identifier; Microsoft's has no tag.
func parseKeyPreference(value []byte) (id signerID, ok bool) {
	var choice asn1.RawValue
	if rest, err := asn1.Unmarshal(value, &choice); err != nil || len(rest) > 0 {
		return id, false
	}
	switch {
	case choice.Class == asn1.ClassContextSpecific && choice.Tag == 2:
		return signerID{ski: choice.Bytes}, len(choice.Bytes) > 0
	case choice.Class == asn1.ClassContextSpecific && choice.Tag == 1:
		_, err := asn1.Unmarshal(choice.Bytes, &id.ski)
		return id, err == nil && len(id.ski) > 0
	}
	var issuer, serial asn1.RawValue
	rest, err := asn1.Unmarshal(choice.Bytes, &issuer)
	if err != nil {
		return id, false
	}
	if _, err := asn1.Unmarshal(rest, &serial); err != nil || serial.Tag != asn1.TagInteger {
		return id, false
	}
	return signerID{issuer: issuer.FullBytes, serial: serial.FullBytes}, true
}
