package brainpool

// This file reads public keys. A point that is not on the curve, or is the one at
// infinity, never becomes a key (RFC 5753 §7; SEC 1 §3.2.2.1): it would tell of the
// private key that it is multiplied with.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"math/big"
)

var (
	// ErrOtherCurve says that a key is not on a curve of this package.
	ErrOtherCurve = errors.New("brainpool: a key on another curve")

	errMalformed = errors.New("brainpool: malformed key")
	errPoint     = errors.New("brainpool: not a point of the curve")
)

// idECPublicKey is id-ecPublicKey (RFC 5480 §2.1.1).
var idECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}

// publicKeyInfo is a SubjectPublicKeyInfo (RFC 5480 §2).
type publicKeyInfo struct {
	Algorithm algorithm
	Key       asn1.BitString
}

// algorithm names a curve. A curve that is described instead (specifiedCurve) is none of
// ours, whatever it resembles: certificates must name theirs (RFC 5480 §2.1.1).
type algorithm struct {
	ID         asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

// curve returns the curve of the name, or ErrOtherCurve.
func (a *algorithm) curve() (*curve, error) {
	if !a.ID.Equal(idECPublicKey) {
		return nil, ErrOtherCurve
	}
	return parseCurve(a.Parameters.FullBytes)
}

// parseCurve reads the name of a curve.
func parseCurve(der []byte) (*curve, error) {
	var id asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(der, &id); err != nil || len(rest) > 0 {
		return nil, ErrOtherCurve
	}
	c := byID(id)
	if c == nil {
		return nil, ErrOtherCurve
	}
	return c, nil
}

// ParsePublicKey reads a SubjectPublicKeyInfo with a key on a curve of this package; the
// error of a key on another one is ErrOtherCurve.
func ParsePublicKey(der []byte) (*ecdsa.PublicKey, error) {
	var info publicKeyInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, errMalformed
	}
	c, err := info.Algorithm.curve()
	if err != nil {
		return nil, err
	}
	if info.Key.BitLength%8 != 0 {
		return nil, errMalformed
	}
	return ParsePoint(c, info.Key.Bytes)
}

// MarshalPublicKey writes a SubjectPublicKeyInfo.
func MarshalPublicKey(k *ecdsa.PublicKey) ([]byte, error) {
	on, ok := k.Curve.(*curve)
	if !ok {
		return nil, ErrOtherCurve
	}
	id, err := asn1.Marshal(on.id)
	if err != nil {
		return nil, err
	}
	point := MarshalPoint(k)
	return asn1.Marshal(publicKeyInfo{
		Algorithm: algorithm{ID: idECPublicKey, Parameters: asn1.RawValue{FullBytes: id}},
		Key:       asn1.BitString{Bytes: point, BitLength: 8 * len(point)},
	})
}

// uncompressed begins a point whose two coordinates are written (SEC 1 §2.3.3). The
// compressed form, which nobody need read (RFC 5480 §2.2), is not.
const uncompressed = 4

// ParsePoint reads a point of a curve of this package.
func ParsePoint(c elliptic.Curve, octets []byte) (*ecdsa.PublicKey, error) {
	size := coordinateSize(c)
	if len(octets) != 1+2*size || octets[0] != uncompressed {
		return nil, errPoint
	}
	x := new(big.Int).SetBytes(octets[1 : 1+size])
	y := new(big.Int).SetBytes(octets[1+size:])
	p := c.Params().P
	if x.Cmp(p) >= 0 || y.Cmp(p) >= 0 || !c.IsOnCurve(x, y) {
		return nil, errPoint
	}
	return &ecdsa.PublicKey{Curve: c, X: x, Y: y}, nil
}

// MarshalPoint writes the point of a key.
func MarshalPoint(k *ecdsa.PublicKey) []byte {
	size := coordinateSize(k.Curve)
	octets := make([]byte, 1+2*size)
	octets[0] = uncompressed
	k.X.FillBytes(octets[1 : 1+size])
	k.Y.FillBytes(octets[1+size:])
	return octets
}

// coordinateSize is the length of a coordinate in octets.
func coordinateSize(c elliptic.Curve) int { return (c.Params().BitSize + 7) / 8 }
