package cms

// This file tells which signature scheme a SignerInfo names.

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"

	"sealgate/smime/cms/internal/oid"
)

// signatureScheme is a signature algorithm with its parameters.
type signatureScheme struct {
	name   string  // "rsa-pkcs1", "rsa-pss", "ecdsa", "ed25519", "dsa"
	digest *digest // of what is signed; for ed25519 of the content
	mgf    *digest // rsa-pss
	salt   int     // rsa-pss, bytes
}

// scheme resolves signatureAlgorithm; rsaEncryption leaves the digest to
// digestAlgorithm (RFC 3370 §3.2).
func (s *SignerInfo) scheme() (signatureScheme, error) {
	named := contentDigest(s.digest.id)
	if named == nil {
		return signatureScheme{}, fmt.Errorf("%w: digest %v", ErrUnsupported, s.digest.id)
	}
	id := s.signatureAlgorithm.id
	switch {
	case id.Equal(oid.RSAEncryption):
		return signatureScheme{name: "rsa-pkcs1", digest: named}, nil
	case id.Equal(oid.Ed25519):
		return signatureScheme{name: "ed25519", digest: named}, nil
	case id.Equal(oid.DSA):
		return signatureScheme{name: "dsa", digest: named}, nil
	case id.Equal(oid.DSAWithSHA1):
		return signatureScheme{name: "dsa", digest: digestByOID(oid.SHA1)}, nil
	case id.Equal(oid.DSAWithSHA256):
		return signatureScheme{name: "dsa", digest: digestByOID(oid.SHA256)}, nil
	case id.Equal(oid.RSASSAPSS):
		return parsePSS(s.signatureAlgorithm.parameters)
	}
	if d := digestOfRSA(id); d != nil {
		return signatureScheme{name: "rsa-pkcs1", digest: d}, nil
	}
	if d := digestOfECDSA(id); d != nil {
		return signatureScheme{name: "ecdsa", digest: d}, nil
	}
	return signatureScheme{}, fmt.Errorf("%w: signature %v", ErrUnsupported, id)
}

// parsePSS reads RSASSA-PSS-params, of which the rest is the salt's length, 20
// bytes when absent, and the trailer.
func parsePSS(parameters []byte) (s signatureScheme, err error) {
	s.name = "rsa-pss"
	var rest cryptobyte.String
	s.digest, s.mgf, rest, err = hashParameters(parameters)
	if err != nil {
		return s, err
	}
	var trailer int
	if !rest.ReadOptionalASN1Integer(&s.salt, explicit(2), 20) ||
		!rest.ReadOptionalASN1Integer(&trailer, explicit(3), 1) ||
		!rest.Empty() || s.salt < 0 || s.salt > maxRSABits/8 || trailer != 1 {
		return s, fmt.Errorf("%w: bad RSASSA-PSS parameters", ErrMalformed)
	}
	return s, nil
}
