package cms

// This file has the key transport algorithms (RFC 3370 §4.2.1, RFC 4055 §4.1) and their parameters.

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// keyTransports are the key transport algorithms (RFC 3370 §4.2.1, RFC 4055 §4.1).
var keyTransports = []struct {
	name string
	id   asn1.ObjectIdentifier
}{
	{"rsa-oaep", oid.RSAESOAEP},
	{"rsa-pkcs1", oid.RSAEncryption},
}

func transportName(id asn1.ObjectIdentifier) string {
	for _, t := range keyTransports {
		if t.id.Equal(id) {
			return t.name
		}
	}
	return id.String()
}

// oaepParameters has MGF1 of the same digest and no label (RFC 4055 §4.1).
func oaepParameters(h crypto.Hash) []byte {
	digest := maskDigest(signDigest(h))
	return der(cbasn1.SEQUENCE,
		der(explicit(0), digest),
		der(explicit(1), derAlgorithm(oid.MGF1, digest)))
}

// parseOAEP reads RSAES-OAEP-params (RFC 4055 §4.1), of which the rest is the
// source of the label, empty when absent.
func parseOAEP(parameters []byte) (*rsa.OAEPOptions, error) {
	digest, mask, rest, err := hashParameters(parameters)
	if err != nil {
		return nil, err
	}
	o := &rsa.OAEPOptions{Hash: digest.hash, MGFHash: mask.hash}
	var source cryptobyte.String
	var present bool
	if !rest.ReadOptionalASN1(&source, &present, explicit(2)) || !rest.Empty() {
		return nil, ErrMalformed
	}
	if !present {
		return o, nil
	}
	a, err := parseAlgorithm(source)
	if err != nil || !a.id.Equal(oid.PSpecified) {
		return nil, ErrMalformed
	}
	_, err = asn1.Unmarshal(a.parameters, &o.Label)
	return o, err
}
