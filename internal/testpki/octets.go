package testpki

// This file makes certificates as some authorities issue them and crypto/x509 does not:
// with octets of the signed part exchanged, and signed after that.

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"

	"sealgate/internal/x509cert"
)

// WithOctets is c, whose authority has a key of ECDSA, with was replaced by becomes, of
// the same length, in its signed part, and with a signature that holds.
func (c *Cert) WithOctets(was, becomes string) (*Cert, error) {
	raw := c.Certificate.Raw
	if len(was) != len(becomes) || bytes.Count(c.Certificate.RawTBSCertificate, []byte(was)) == 0 {
		return nil, fmt.Errorf("testpki: %q cannot become %q", was, becomes)
	}
	var frame certificateFrame
	if _, err := asn1.Unmarshal(raw, &frame); err != nil {
		return nil, fmt.Errorf("testpki: %w", err)
	}
	frame.TBS.FullBytes = bytes.ReplaceAll(frame.TBS.FullBytes, []byte(was), []byte(becomes))
	signer := c.Key
	if c.Issuer != nil {
		signer = c.Issuer.Key
	}
	sum := sha256.Sum256(frame.TBS.FullBytes)
	signature, err := signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("testpki: %w", err)
	}
	frame.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	der, err := asn1.Marshal(frame)
	if err != nil {
		return nil, fmt.Errorf("testpki: %w", err)
	}
	changed, err := x509cert.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("testpki: %w", err)
	}
	return &Cert{Certificate: changed, Key: c.Key, Issuer: c.Issuer}, nil
}
