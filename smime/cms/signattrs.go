package cms

// This file writes signed attributes (RFC 5652 §11).

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// attributes returns the signed attributes, each encoded (RFC 5652 §11); sum is the
// digest of the content.
func (s *Signer) attributes(sum []byte) ([][]byte, error) {
	list := [][]byte{
		attribute(oid.ContentType, derOID(oid.Data)),
		attribute(oid.MessageDigest, derOctets(sum)),
		attribute(oid.SigningCertificateV2, signingCertificateV2(s.Certificate)),
	}
	if !s.SigningTime.IsZero() {
		t, err := signingTime(s.SigningTime)
		if err != nil {
			return nil, err
		}
		list = append(list, attribute(oid.SigningTime, t))
	}
	if s.Capabilities != nil {
		c, err := MarshalCapabilities(s.Capabilities)
		if err != nil {
			return nil, err
		}
		list = append(list, attribute(oid.SMIMECapabilities, c))
	}
	if s.EncryptionCertificate != nil {
		list = append(list, attribute(oid.EncryptionKeyPreference, encryptionKeyPreference(s.EncryptionCertificate)))
	}
	return list, nil
}

func attribute(id asn1.ObjectIdentifier, value []byte) []byte {
	return der(cbasn1.SEQUENCE, derOID(id), der(cbasn1.SET, value))
}

// signingTime is UTCTime up to 2049, then GeneralizedTime (RFC 5652 §11.3).
func signingTime(t time.Time) ([]byte, error) {
	return asn1.Marshal(t.UTC().Truncate(time.Second))
}

// signingCertificateV2 names the signer's certificate by its SHA-256, which is
// the default and so not written (RFC 5035 §3).
func signingCertificateV2(c *x509.Certificate) []byte {
	sum := sha256.Sum256(c.Raw)
	issuer := der(cbasn1.SEQUENCE, der(explicit(4), c.RawIssuer)) // GeneralNames with one directoryName
	id := der(cbasn1.SEQUENCE, derOctets(sum[:]), der(cbasn1.SEQUENCE, issuer, derBigInt(c.SerialNumber)))
	return der(cbasn1.SEQUENCE, der(cbasn1.SEQUENCE, id))
}

// encryptionKeyPreference is the choice issuerAndSerialNumber, which every
// reader knows (RFC 8551 §2.5.3).
func encryptionKeyPreference(c *x509.Certificate) []byte {
	return der(explicit(0), c.RawIssuer, derBigInt(c.SerialNumber))
}
