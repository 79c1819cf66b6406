package brainpool

// This file signs and agrees on secrets with private keys.

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"

	"filippo.io/bigmod"
)

// PrivateKey is a private key on a curve of this package. It is a crypto.Signer whose
// public key is an *ecdsa.PublicKey.
type PrivateKey struct {
	curve  *curve
	scalar *bigmod.Nat // modulo the order, not 0
	public *ecdsa.PublicKey
}

// GenerateKey makes a key.
func GenerateKey(c elliptic.Curve) (*PrivateKey, error) {
	on, ok := c.(*curve)
	if !ok {
		return nil, ErrOtherCurve
	}
	return on.privateKey(on.randomScalar()), nil
}

// newPrivateKey is the key of a scalar, which is big-endian.
func (c *curve) newPrivateKey(octets []byte) (*PrivateKey, error) {
	octets = bytes.TrimLeft(octets, "\x00")
	if len(octets) > c.size() {
		return nil, errMalformed
	}
	padded := make([]byte, c.size())
	copy(padded[len(padded)-len(octets):], octets)
	scalar, err := bigmod.NewNat().SetBytes(padded, c.order)
	if err != nil || scalar.IsZero() == 1 {
		return nil, errMalformed
	}
	return c.privateKey(scalar), nil
}

func (c *curve) privateKey(scalar *bigmod.Nat) *PrivateKey {
	x, y := c.coordinates(c.multiplyBase(scalar.Bytes(c.order)))
	return &PrivateKey{curve: c, scalar: scalar, public: &ecdsa.PublicKey{Curve: c, X: x, Y: y}}
}

// randomScalar is a number from 1 to n-1. Those that do not fit are drawn again, which
// tells nothing of the one that does (FIPS 186-5 appendix A.2.2).
func (c *curve) randomScalar() *bigmod.Nat {
	octets := make([]byte, c.size())
	for {
		_, _ = rand.Read(octets) // never fails (crypto/rand)
		scalar, err := bigmod.NewNat().SetBytes(octets, c.order)
		if err == nil && scalar.IsZero() == 0 {
			return scalar
		}
	}
}

// PublicKey is the public key that belongs to it.
func (k *PrivateKey) PublicKey() *ecdsa.PublicKey { return k.public }

// Public is the same, as a crypto.Signer has it.
func (k *PrivateKey) Public() crypto.PublicKey { return k.public }

// signature is ECDSA-Sig-Value (RFC 5480 appendix A).
type signature struct{ R, S *big.Int }

// Sign signs a digest with ECDSA (FIPS 186-5 §6.4.1) and random numbers of its own. Of a
// digest longer than the curve the first octets count.
func (k *PrivateKey) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	c := k.curve
	e, err := bigmod.NewNat().SetOverflowingBytes(digest[:min(len(digest), c.size())], c.order)
	if err != nil {
		return nil, err
	}
	for {
		nonce := c.randomScalar()
		x, _ := c.affine(c.multiplyBase(nonce.Bytes(c.order)))
		r, err := bigmod.NewNat().SetOverflowingBytes(x, c.order)
		if err != nil {
			return nil, err
		}
		// s = (e + r·d) / nonce
		s := bigmod.NewNat().Exp(nonce, c.orderMinus2(), c.order)
		rd := bigmod.NewNat().ExpandFor(c.order).Add(r, c.order).Mul(k.scalar, c.order)
		s.Mul(rd.Add(e, c.order), c.order)
		if r.IsZero() == 1 || s.IsZero() == 1 {
			continue
		}
		return asn1.Marshal(signature{
			R: new(big.Int).SetBytes(r.Bytes(c.order)),
			S: new(big.Int).SetBytes(s.Bytes(c.order)),
		})
	}
}

// orderMinus2 is the exponent that inverts: x^(n-2) = 1/x modulo n, which is prime.
func (c *curve) orderMinus2() []byte { return new(big.Int).Sub(c.params.N, big.NewInt(2)).Bytes() }

var errPeer = errors.New("brainpool: the other's key is on another curve")

// ECDH returns the secret shared with the holder of a public key on the same curve: the
// first coordinate (SEC 1 §3.3.1; the cofactor of the curves is 1). A key that is not a
// point of the curve is refused here, too.
func (k *PrivateKey) ECDH(peer *ecdsa.PublicKey) ([]byte, error) {
	if peer.Curve != elliptic.Curve(k.curve) {
		return nil, errPeer
	}
	if !k.curve.IsOnCurve(peer.X, peer.Y) {
		return nil, errPoint
	}
	scalar := k.scalar.Bytes(k.curve.order)
	x, _ := k.curve.affine(k.curve.multiply(k.curve.point(peer.X, peer.Y), scalar))
	return x, nil
}
