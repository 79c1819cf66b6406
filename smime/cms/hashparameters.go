package cms

// This file reads and writes what the parameters of RSASSA-PSS and RSAES-OAEP begin with (RFC 4055
// §2.1, §2.2).

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// hashParameters reads what the parameters of PSS and OAEP begin with: SEQUENCE
// { [0] digest, [1] mask generation … }. Absent ones mean SHA-1 (RFC 4055 §3.1, §4.1).
func hashParameters(parameters []byte) (hash, mask *digest, rest cryptobyte.String, err error) {
	in := cryptobyte.String(parameters)
	var hashDER, maskDER cryptobyte.String
	var hasHash, hasMask bool
	if !in.ReadASN1(&rest, cbasn1.SEQUENCE) || !in.Empty() ||
		!rest.ReadOptionalASN1(&hashDER, &hasHash, explicit(0)) || !rest.ReadOptionalASN1(&maskDER, &hasMask, explicit(1)) {
		return nil, nil, nil, fmt.Errorf("%w: bad parameters of the algorithm", ErrMalformed)
	}
	hash, err = optionalDigest(hashDER)
	if err != nil {
		return nil, nil, nil, err
	}
	mask, err = maskDigestOf(maskDER)
	return hash, mask, rest, err
}

// optionalDigest reads a digest's AlgorithmIdentifier; absent is SHA-1.
func optionalDigest(raw []byte) (*digest, error) {
	if len(raw) == 0 {
		return digestByOID(oid.SHA1), nil
	}
	a, err := parseAlgorithm(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: bad digest in parameters", ErrMalformed)
	}
	if d := digestByOID(a.id); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("%w: digest %v", ErrUnsupported, a.id)
}

// maskDigestOf reads a mask generation function, which is always MGF1; absent is SHA-1.
func maskDigestOf(raw []byte) (*digest, error) {
	if len(raw) == 0 {
		return digestByOID(oid.SHA1), nil
	}
	a, err := parseAlgorithm(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: bad mask generation in parameters", ErrMalformed)
	}
	if !a.id.Equal(oid.MGF1) {
		return nil, fmt.Errorf("%w: mask generation %v", ErrUnsupported, a.id)
	}
	return optionalDigest(a.parameters)
}

// maskDigest is a digest inside the parameters of PSS and OAEP, where SHA-2
// carries NULL (RFC 4055 §2.1) and SHA-3 nothing.
func maskDigest(d *digest) []byte {
	if d.sha3() {
		return derAlgorithm(d.id)
	}
	return derAlgorithm(d.id, derNull)
}
