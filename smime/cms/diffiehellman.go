package cms

// This file agrees on secrets by elliptic curves, on both sides: with an ephemeral key for
// a recipient, and with a recipient's key (RFC 5753 §3.1, RFC 8418 §3).

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"

	"sealgate/internal/brainpool"
	"sealgate/internal/spki"
)

// agreeWith makes an ephemeral key on the curve of a public key. It returns its point, and
// the secret shared with the holder of the public key.
func agreeWith(public crypto.PublicKey) (point, z []byte, err error) {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if brainpool.Is(k.Curve) {
			return agreeOnBrainpool(k)
		}
		own, err := k.ECDH()
		if err != nil {
			return nil, nil, err
		}
		return agreeWith(own)
	case *ecdh.PublicKey:
		ephemeral, err := k.Curve().GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		z, err = ephemeral.ECDH(k)
		return ephemeral.PublicKey().Bytes(), z, err
	}
	return nil, nil, ErrUnsupported
}

func agreeOnBrainpool(public *ecdsa.PublicKey) (point, z []byte, err error) {
	ephemeral, err := brainpool.GenerateKey(public.Curve)
	if err != nil {
		return nil, nil, err
	}
	z, err = ephemeral.ECDH(public)
	return brainpool.MarshalPoint(ephemeral.PublicKey()), z, err
}

// ecdhKey is what key agreement needs of a private key.
type ecdhKey interface {
	ECDH(*ecdh.PublicKey) ([]byte, error)
}

// brainpoolKey is the same on curves that crypto/ecdh has not.
type brainpoolKey interface {
	ECDH(*ecdsa.PublicKey) ([]byte, error)
}

// agree returns the secret shared with the holder of a point, which must be one of the
// curve that the certificate has.
func (k DecryptionKey) agree(point []byte) ([]byte, error) {
	public, err := spki.PublicKey(k.Certificate)
	if err != nil {
		return nil, err
	}
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		if brainpool.Is(p.Curve) {
			return k.agreeOnBrainpool(p.Curve, point)
		}
		own, err := p.ECDH()
		if err != nil {
			return nil, err
		}
		return k.agreeOn(own.Curve(), uncompressed(p.Curve, point))
	case *ecdh.PublicKey:
		return k.agreeOn(p.Curve(), point)
	}
	return nil, ErrDecrypt
}

func (k DecryptionKey) agreeOn(curve ecdh.Curve, point []byte) ([]byte, error) {
	private, ok := k.Key.(ecdhKey)
	if e, isECDSA := k.Key.(*ecdsa.PrivateKey); isECDSA {
		own, err := e.ECDH()
		if err != nil {
			return nil, err
		}
		private = own
		ok = true
	}
	if !ok {
		return nil, ErrDecrypt
	}
	ephemeral, err := curve.NewPublicKey(point)
	if err != nil {
		return nil, err
	}
	return private.ECDH(ephemeral)
}

func (k DecryptionKey) agreeOnBrainpool(curve elliptic.Curve, point []byte) ([]byte, error) {
	private, ok := k.Key.(brainpoolKey)
	if !ok {
		return nil, ErrDecrypt
	}
	ephemeral, err := brainpool.ParsePoint(curve, point)
	if err != nil {
		return nil, err
	}
	return private.ECDH(ephemeral)
}

// uncompressed is the point in the form that crypto/ecdh reads; RFC 5753 §2.1 allows
// the compressed one too. What is no point stays, and is refused there.
func uncompressed(c elliptic.Curve, point []byte) []byte {
	x, y := elliptic.UnmarshalCompressed(c, point)
	if x == nil {
		return point
	}
	size := (c.Params().BitSize + 7) / 8
	out := make([]byte, 1+2*size)
	out[0] = 4
	x.FillBytes(out[1 : 1+size])
	y.FillBytes(out[1+size:])
	return out
}
