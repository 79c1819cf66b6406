package cms

// This file compares content, algorithms and certificate with what the signed attributes say of
// them.

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// checkAttributes compares what the attributes say of the content and the
// algorithms (RFC 5652 §11, RFC 6211).
func (s *SignerInfo) checkAttributes(contentType asn1.ObjectIdentifier, sum []byte) error {
	if len(s.attributes.list) == 0 {
		return s.malformed("signed attributes without a value")
	}
	said, err := s.attributes.one(oid.ContentType)
	if err != nil {
		return err
	}
	digest, err := s.attributes.one(oid.MessageDigest)
	if err != nil {
		return err
	}
	if said == nil || digest == nil {
		return s.malformed("no content-type or message-digest attribute")
	}
	if !bytes.Equal(said, derOID(contentType)) {
		return s.malformed("the content-type attribute is not the content's")
	}
	if !bytes.Equal(digest, derOctets(sum)) {
		return fmt.Errorf("%w: the content was changed", ErrSignature)
	}
	return s.checkProtection()
}

// checkProtection compares CMSAlgorithmProtection, when it is there, with the
// algorithms (RFC 6211 §2).
func (s *SignerInfo) checkProtection() error {
	value, err := s.attributes.one(oid.AlgorithmProtection)
	if err != nil || value == nil {
		return err
	}
	in := cryptobyte.String(value)
	var protection, digestDER, signatureDER cryptobyte.String
	malformed := s.malformed("bad algorithm protection attribute")
	if !in.ReadASN1(&protection, cbasn1.SEQUENCE) || !protection.ReadASN1Element(&digestDER, cbasn1.SEQUENCE) ||
		!protection.ReadASN1(&signatureDER, explicit(1)) {
		return malformed
	}
	digest, err := parseAlgorithm(digestDER)
	if err != nil {
		return malformed
	}
	algorithm, err := parseAlgorithm(der(cbasn1.SEQUENCE, signatureDER)) // it is IMPLICIT
	if err != nil {
		return malformed
	}
	if !digest.id.Equal(s.digest.id) || !algorithm.id.Equal(s.signatureAlgorithm.id) {
		return fmt.Errorf("%w: the algorithms were changed", ErrSignature)
	}
	return nil
}

// checkSigningCertificate compares the certificate with the signing-certificate
// attributes, when they are there (RFC 5035 §5).
func (s *SignerInfo) checkSigningCertificate(c *x509.Certificate) error {
	for _, v := range []struct {
		id      asn1.ObjectIdentifier
		digest  asn1.ObjectIdentifier
		version int
	}{{oid.SigningCertificateV2, oid.SHA256, 2}, {oid.SigningCertificate, oid.SHA1, 1}} {
		value, err := s.attributes.one(v.id)
		if err != nil {
			return err
		}
		if value == nil {
			continue
		}
		id, err := s.firstCertID(value, v.digest, v.version)
		if err != nil {
			return err
		}
		h := id.digest.hash.New()
		h.Write(c.Raw)
		if !bytes.Equal(h.Sum(nil), id.sum) || id.issuerSerial != nil && !id.issuerSerial.names(c) {
			return fmt.Errorf("%w: it names another certificate as the signer's", ErrSignature)
		}
	}
	return nil
}

// certID is ESSCertID or ESSCertIDv2 (RFC 5035 §5, §4).
type certID struct {
	digest       *digest
	sum          []byte
	issuerSerial *issuerSerial // nil: it names none
}

// issuerSerial is IssuerSerial (RFC 5035 §5): GeneralNames and a number.
type issuerSerial struct {
	Issuer []asn1.RawValue
	Serial *big.Int
}

// names reports whether it is c that is meant: one directoryName, that of the issuer
// (RFC 5035 §5), in whatever string types, and the number.
func (i *issuerSerial) names(c *x509.Certificate) bool {
	const directoryName = 4
	if len(i.Issuer) != 1 || i.Issuer[0].Class != asn1.ClassContextSpecific || i.Issuer[0].Tag != directoryName {
		return false
	}
	return i.Serial.Cmp(c.SerialNumber) == 0 && sameName(i.Issuer[0].Bytes, c.RawIssuer)
}

// firstCertID reads the first ESSCertID or ESSCertIDv2, which is the signer's.
func (s *SignerInfo) firstCertID(value []byte, standard asn1.ObjectIdentifier, version int) (id certID, err error) {
	malformed := s.malformed("bad signing-certificate attribute")
	var attribute struct {
		Certs    []asn1.RawValue
		Policies asn1.RawValue `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(value, &attribute); err != nil || len(rest) > 0 || len(attribute.Certs) == 0 {
		return id, malformed
	}
	in := attribute.Certs[0].Bytes
	id.digest = digestByOID(standard)
	if version == 2 && len(in) > 0 && in[0] == 0x30 {
		var raw asn1.RawValue
		in, err = asn1.Unmarshal(in, &raw)
		if err != nil {
			return id, malformed
		}
		a, err := parseAlgorithm(raw.FullBytes)
		if err != nil {
			return id, malformed
		}
		id.digest = digestByOID(a.id)
		if id.digest == nil {
			return id, fmt.Errorf("%w: digest %v of the signing certificate", ErrUnsupported, a.id)
		}
	}
	in, err = asn1.Unmarshal(in, &id.sum)
	if err != nil {
		return id, malformed
	}
	if len(in) == 0 {
		return id, nil
	}
	id.issuerSerial = new(issuerSerial)
	if rest, err := asn1.Unmarshal(in, id.issuerSerial); err != nil || len(rest) > 0 {
		return id, malformed
	}
	return id, nil
}
