package brainpool

// This file reads and writes private keys as files have them: PKCS#8 (RFC 5958) and SEC 1
// (RFC 5915).

import "encoding/asn1"

// privateKeyInfo is OneAsymmetricKey (RFC 5958 §2). asn1 passes over what follows.
type privateKeyInfo struct {
	Version   int
	Algorithm algorithm
	Key       []byte
}

// ecPrivateKey is ECPrivateKey (RFC 5915 §3). The public key in it is not read: it is
// calculated.
type ecPrivateKey struct {
	Version int
	Key     []byte
	Curve   asn1.RawValue  `asn1:"optional,explicit,tag:0"`
	Public  asn1.BitString `asn1:"optional,explicit,tag:1"`
}

// ecVersion is the version of ECPrivateKey.
const ecVersion = 1

// ParsePrivateKey reads a key in PKCS#8 or SEC 1. The error of one on another curve, and
// of what is no such structure, is ErrOtherCurve.
func ParsePrivateKey(der []byte) (*PrivateKey, error) {
	var info privateKeyInfo
	if rest, err := asn1.Unmarshal(der, &info); err == nil && len(rest) == 0 {
		c, err := info.Algorithm.curve()
		if err != nil {
			return nil, err
		}
		return parseECPrivateKey(info.Key, c)
	}
	return parseECPrivateKey(der, nil)
}

// parseECPrivateKey reads ECPrivateKey. The curve may stand around it in place of in it
// (RFC 5915 §3).
func parseECPrivateKey(der []byte, around *curve) (*PrivateKey, error) {
	var key ecPrivateKey
	rest, err := asn1.Unmarshal(der, &key)
	if err != nil || len(rest) > 0 || key.Version != ecVersion {
		if around == nil {
			return nil, ErrOtherCurve
		}
		return nil, errMalformed
	}
	c := around
	if len(key.Curve.Bytes) > 0 {
		c, err = parseCurve(key.Curve.Bytes)
		if err != nil {
			return nil, err
		}
	}
	switch {
	case c == nil:
		return nil, ErrOtherCurve
	case around != nil && c != around:
		return nil, errMalformed
	}
	return c.newPrivateKey(key.Key)
}

// MarshalPrivateKey writes a key in PKCS#8, with the curve around it alone, and with its
// public key.
func MarshalPrivateKey(k *PrivateKey) ([]byte, error) {
	id, err := asn1.Marshal(k.curve.id)
	if err != nil {
		return nil, err
	}
	point := MarshalPoint(k.public)
	key, err := asn1.Marshal(ecPrivateKey{
		Version: ecVersion,
		Key:     k.scalar.Bytes(k.curve.order),
		Public:  asn1.BitString{Bytes: point, BitLength: 8 * len(point)},
	})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(privateKeyInfo{
		Algorithm: algorithm{ID: idECPublicKey, Parameters: asn1.RawValue{FullBytes: id}},
		Key:       key,
	})
}
