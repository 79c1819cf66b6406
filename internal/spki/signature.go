package spki

// This file checks what authorities have signed, also by RSASSA-PSS with any parameters
// and by keys that are for PSS only (RFC 4055 §1.2, §3.1), of which crypto/x509 knows
// little.

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	"sealgate/internal/rsasig"
)

// Signature is what an authority has signed: a certificate, a CRL or an OCSP answer.
type Signature struct {
	Signed    []byte
	Known     x509.SignatureAlgorithm // as crypto/x509 calls the algorithm
	Algorithm []byte                  // AlgorithmIdentifier, DER
	Value     []byte
}

// ReadSignature is the signature that a certificate bears.
func ReadSignature(c *x509.Certificate) Signature {
	var certificate struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	s := Signature{Signed: c.RawTBSCertificate, Known: c.SignatureAlgorithm, Value: c.Signature}
	if _, err := asn1.Unmarshal(c.Raw, &certificate); err == nil {
		s.Algorithm = certificate.Algorithm.FullBytes
	}
	return s
}

// CheckSignatureFrom is child.CheckSignatureFrom(parent), also for RSASSA-PSS with any
// parameters. It returns nil only if parent may sign certificates and has signed child.
func CheckSignatureFrom(child, parent *x509.Certificate) error {
	err := child.CheckSignatureFrom(parent)
	if !errors.Is(err, x509.ErrUnsupportedAlgorithm) {
		return err // crypto/x509 has judged, or the parent may not sign certificates
	}
	return checkPSS(parent, ReadSignature(child), err)
}

// SignedWithSHA1 reports whether a certificate bears a signature over its SHA-1.
func SignedWithSHA1(c *x509.Certificate) bool {
	return c.SignatureAlgorithm == x509.SHA1WithRSA || c.SignatureAlgorithm == x509.ECDSAWithSHA1
}

// CheckSignatureFromWithSHA1 is CheckSignatureFrom that takes SHA-1 too.
func CheckSignatureFromWithSHA1(child, parent *x509.Certificate) error {
	err := CheckSignatureFrom(child, parent)
	var insecure x509.InsecureAlgorithmError // comes after all that the parent must be
	if !errors.As(err, &insecure) || !SignedWithSHA1(child) {
		return err
	}
	return parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature)
}

// CheckSignature is signer.CheckSignature, also for RSASSA-PSS with any parameters. Like
// that it takes SHA-1, but not with PSS.
func CheckSignature(signer *x509.Certificate, s Signature) error {
	err := signer.CheckSignature(s.Known, s.Signed, s.Value)
	if !errors.Is(err, x509.ErrUnsupportedAlgorithm) {
		return err
	}
	return checkPSS(signer, s, err)
}

var errSignature = errors.New("spki: the signature does not match")

// checkPSS checks a signature with RSASSA-PSS; what is none gives the error unsupported.
func checkPSS(signer *x509.Certificate, s Signature, unsupported error) error {
	p, ok := pssOf(s.Algorithm)
	if !ok {
		return unsupported
	}
	key, ok := pssKey(signer, p)
	if !ok {
		return unsupported
	}
	h := p.Hash.New()
	h.Write(s.Signed)
	if !rsasig.VerifyPSS(key, p, h.Sum(nil), s.Value) {
		return errSignature
	}
	return nil
}

// pssKey is the key of a certificate, if it may sign with these parameters. A key for
// PSS only may be bound to digests and to a salt that is as long at least (RFC 4055
// §3.3); one for OAEP signs nothing (§1.2).
func pssKey(c *x509.Certificate, p rsasig.PSS) (*rsa.PublicKey, bool) {
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok {
		return key, true
	}
	info, err := readInfo(c)
	if err != nil || !info.Algorithm.ID.Equal(idRSASSAPSS) {
		return nil, false
	}
	if parameters := info.Algorithm.Parameters.FullBytes; len(parameters) > 0 {
		bound, ok := readPSS(parameters)
		if !ok || bound.Hash != p.Hash || bound.MGF != p.MGF || bound.Salt > p.Salt {
			return nil, false
		}
	}
	key, err := x509.ParsePKCS1PublicKey(info.Key.RightAlign())
	return key, err == nil
}
