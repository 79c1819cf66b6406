package testpki

// This file makes another form of a certificate, as anybody can: what stands around
// TBSCertificate is signed by nobody.

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"testing"
)

// certificateFrame is Certificate (RFC 5280 §4.1).
type certificateFrame struct {
	TBS       asn1.RawValue
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

// WithOtherS is c with n-s for the s of its authority's ECDSA signature; it holds as
// before.
func (c *Cert) WithOtherS(t testing.TB) *Cert {
	t.Helper()
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(c.Certificate.Signature, &signature); err != nil {
		t.Fatal(err)
	}
	order := c.Issuer.Key.Public().(*ecdsa.PublicKey).Params().N
	signature.S.Sub(order, signature.S)
	bits, err := asn1.Marshal(signature)
	if err != nil {
		t.Fatal(err)
	}
	var frame certificateFrame
	if _, err := asn1.Unmarshal(c.Certificate.Raw, &frame); err != nil {
		t.Fatal(err)
	}
	frame.Signature = asn1.BitString{Bytes: bits, BitLength: 8 * len(bits)}
	der, err := asn1.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	return c.WithOutside(t, der)
}

// WithOutside is c in the form that der has, which must be another one that holds.
func (c *Cert) WithOutside(t testing.TB, der []byte) *Cert {
	t.Helper()
	changed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if changed.Equal(c.Certificate) || changed.CheckSignatureFrom(c.Issuer.Certificate) != nil {
		t.Fatal("the test's certificate is the same, or does not hold")
	}
	return &Cert{Certificate: changed, Key: c.Key, Issuer: c.Issuer, keys: c.keys}
}
