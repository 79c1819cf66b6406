package spki

// This file reads the parameters of RSASSA-PSS (RFC 4055 §3.1).

import (
	"crypto"
	_ "crypto/sha1" // the digests that digests names
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"

	"sealgate/internal/rsasig"
)

// pssParameters is RSASSA-PSS-params; digests that are absent are SHA-1.
type pssParameters struct {
	Hash       pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:0"`
	MGF        pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:1"`
	SaltLength int                      `asn1:"explicit,optional,tag:2,default:20"`
	Trailer    int                      `asn1:"explicit,optional,tag:3,default:1"`
}

var idMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}

// Digests are SHA-1 and SHA-2 by their identifiers in dotted form: those of PSS (RFC 4055
// §2.1), and those that an OCSP CertID may name its authority by (RFC 6960 §4.1.1).
var Digests = map[string]crypto.Hash{
	"1.3.14.3.2.26":          crypto.SHA1,
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// pssOf reads the AlgorithmIdentifier of a signature. SHA-1 signs nothing any more; as
// the digest of MGF1 it does no harm.
func pssOf(algorithm []byte) (p rsasig.PSS, ok bool) {
	var a pkix.AlgorithmIdentifier
	rest, err := asn1.Unmarshal(algorithm, &a)
	if err != nil || len(rest) > 0 || !a.Algorithm.Equal(idRSASSAPSS) {
		return p, false
	}
	p, ok = readPSS(a.Parameters.FullBytes)
	return p, ok && p.Hash != crypto.SHA1
}

// readPSS reads RSASSA-PSS-params.
func readPSS(parameters []byte) (p rsasig.PSS, ok bool) {
	var read pssParameters
	rest, err := asn1.Unmarshal(parameters, &read)
	if err != nil || len(rest) > 0 || read.Trailer != 1 {
		return p, false
	}
	p.Hash, ok = digestOf(read.Hash)
	if !ok {
		return p, false
	}
	p.MGF, ok = maskOf(read.MGF)
	p.Salt = read.SaltLength
	return p, ok && p.Salt >= 0 && p.Salt <= MaxRSA/8
}

func digestOf(a pkix.AlgorithmIdentifier) (crypto.Hash, bool) {
	if a.Algorithm == nil {
		return crypto.SHA1, true
	}
	hash, ok := Digests[a.Algorithm.String()]
	return hash, ok
}

// maskOf is the digest of a mask generation function, which is always MGF1.
func maskOf(a pkix.AlgorithmIdentifier) (crypto.Hash, bool) {
	if a.Algorithm == nil {
		return crypto.SHA1, true
	}
	var hash pkix.AlgorithmIdentifier
	rest, err := asn1.Unmarshal(a.Parameters.FullBytes, &hash)
	if err != nil || len(rest) > 0 || !a.Algorithm.Equal(idMGF1) {
		return 0, false
	}
	return digestOf(hash)
}
