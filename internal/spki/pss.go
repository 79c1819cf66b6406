package spki

// This file checks signatures of certificates by RSASSA-PSS in all its parameters (RFC 4055 §3.1).

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // the digests that pssDigest names
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
)

// pssParameters is RSASSA-PSS-params; what is absent means SHA-1, which signs
// no certificate any more.
type pssParameters struct {
	Hash       pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:0"`
	MGF        pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:1"`
	SaltLength int                      `asn1:"explicit,optional,tag:2,default:20"`
	Trailer    int                      `asn1:"explicit,optional,tag:3,default:1"`
}

// maxSalt bounds the salt in bytes; no RSA key that we take has room for more.
const maxSalt = 2048

var idMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}

// CheckSignatureFrom is child.CheckSignatureFrom(parent), also for a parent
// whose RSA key is marked for PSS only and for salts of any length. It returns
// nil only if the parent may sign certificates and has signed this one.
func CheckSignatureFrom(child, parent *x509.Certificate) error {
	err := child.CheckSignatureFrom(parent)
	if !errors.Is(err, x509.ErrUnsupportedAlgorithm) {
		return err // crypto/x509 has judged, or the parent may not sign certificates
	}
	key, keyErr := PublicKey(parent)
	rsaKey, ok := key.(*rsa.PublicKey)
	if keyErr != nil || !ok {
		return err
	}
	hash, salt, ok := pssOf(child)
	if !ok {
		return err
	}
	h := hash.New()
	h.Write(child.RawTBSCertificate)
	return rsa.VerifyPSS(rsaKey, hash, h.Sum(nil), child.Signature, &rsa.PSSOptions{SaltLength: salt})
}

// pssOf returns the parameters of the certificate's own signature, if it is PSS
// with SHA-2 and with MGF1 of the same digest.
func pssOf(c *x509.Certificate) (hash crypto.Hash, salt int, ok bool) {
	var certificate struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.Raw, &certificate); err != nil || !certificate.Algorithm.Algorithm.Equal(idRSASSAPSS) {
		return 0, 0, false
	}
	var p pssParameters
	if rest, err := asn1.Unmarshal(certificate.Algorithm.Parameters.FullBytes, &p); err != nil || len(rest) > 0 {
		return 0, 0, false
	}
	var mgfHash pkix.AlgorithmIdentifier
	if _, err := asn1.Unmarshal(p.MGF.Parameters.FullBytes, &mgfHash); err != nil || !p.MGF.Algorithm.Equal(idMGF1) {
		return 0, 0, false
	}
	hash = pssDigest(p.Hash.Algorithm)
	ok = hash != 0 && hash == pssDigest(mgfHash.Algorithm) && p.SaltLength >= 0 && p.SaltLength <= maxSalt &&
		p.Trailer == 1
	return hash, p.SaltLength, ok
}

// pssDigest returns 0 for a digest that signs no certificates.
func pssDigest(id asn1.ObjectIdentifier) crypto.Hash {
	switch id.String() {
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512
	}
	return 0
}
