// What a SignerInfo and the bag of certificates around it say.

package cms

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// attributes returns the signed attributes, each encoded (RFC 5652 §11).
func (s *preparedSigner) attributes() ([][]byte, error) {
	list := [][]byte{
		attribute(oid.ContentType, derOID(oid.Data)),
		attribute(oid.MessageDigest, derOctets(s.hash.Sum(nil))),
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

// issuerAndSerial is IssuerAndSerialNumber (RFC 5652 §10.2.4).
func issuerAndSerial(c *x509.Certificate) []byte {
	return der(cbasn1.SEQUENCE, c.RawIssuer, derBigInt(c.SerialNumber))
}

// bag returns the certificates that go along, each once: the signers', those
// that they want to be encrypted to, and the chain without roots, which a
// receiver must have anyway or not trust.
func bag(o SignOptions) (raw [][]byte) {
	for _, s := range o.Signers {
		raw = appendNew(raw, s.Certificate.Raw)
		if s.EncryptionCertificate != nil {
			raw = appendNew(raw, s.EncryptionCertificate.Raw)
		}
	}
	for _, c := range o.Certificates {
		if !bytes.Equal(c.RawSubject, c.RawIssuer) {
			raw = appendNew(raw, c.Raw)
		}
	}
	return raw
}

func appendNew(list [][]byte, b []byte) [][]byte {
	if slices.ContainsFunc(list, func(have []byte) bool { return bytes.Equal(have, b) }) {
		return list
	}
	return append(list, b)
}

// keyAlgorithm returns the algorithm of the certificate's public key.
func keyAlgorithm(c *x509.Certificate) asn1.ObjectIdentifier {
	a, err := publicKeyAlgorithm(c)
	if err != nil {
		return nil
	}
	return a.id
}

// publicKeyAlgorithm returns it with its parameters.
func publicKeyAlgorithm(c *x509.Certificate) (algorithm, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return algorithm{}, fmt.Errorf("%w: the certificate's public key", ErrUnsupported)
	}
	return parseAlgorithm(info.Algorithm.FullBytes)
}
