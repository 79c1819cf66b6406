// Tests of public keys on the curves, with the vectors of the Wycheproof project and with
// points of our own.

package brainpool

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"math/big"
	"testing"

	"sealgate/internal/wycheproof"
)

// TestWycheproofSignatures verifies with crypto/ecdsa, whose path for curves that are not
// its own this relies on.
func TestWycheproofSignatures(t *testing.T) {
	type group struct {
		PublicKeyDER wycheproof.Hex `json:"publicKeyDer"`
	}
	type vector struct {
		wycheproof.Case
		Msg, Sig wycheproof.Hex
	}
	sum256 := func(m []byte) []byte { h := sha256.Sum256(m); return h[:] }
	sum384 := func(m []byte) []byte { h := sha512.Sum384(m); return h[:] }
	sum512 := func(m []byte) []byte { h := sha512.Sum512(m); return h[:] }
	for file, sum := range map[string]func([]byte) []byte{
		"ecdsa_brainpoolP256r1_sha256_test.json": sum256,
		"ecdsa_brainpoolP384r1_sha384_test.json": sum384,
		"ecdsa_brainpoolP512r1_sha512_test.json": sum512,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			for _, g := range wycheproof.Load[group, vector](t, file) {
				key, err := ParsePublicKey(g.Common.PublicKeyDER)
				if err != nil {
					t.Fatal(err)
				}
				skipLonger(t, key.Curve)
				for _, v := range g.Tests {
					v.Check(t, ecdsa.VerifyASN1(key, sum(v.Msg), v.Sig))
				}
			}
		})
	}
}

// TestHostilePoints: what is not on the curve, at infinity, or written in a way that
// leaves room is no key.
func TestHostilePoints(t *testing.T) {
	for _, c := range []elliptic.Curve{P256r1(), P384r1(), P512r1()} {
		key, err := GenerateKey(c)
		if err != nil {
			t.Fatal(err)
		}
		good := MarshalPoint(key.public)
		if back, err := ParsePoint(c, good); err != nil || !back.Equal(key.public) {
			t.Fatalf("%s: a good point: %v", c.Params().Name, err)
		}
		size := coordinateSize(c)
		other := append([]byte(nil), good...)
		other[2*size] ^= 1
		infinity := make([]byte, 1+2*size)
		infinity[0] = uncompressed
		compressed := append([]byte{2 + good[2*size]&1}, good[1:1+size]...)
		hybrid := append([]byte(nil), good...)
		hybrid[0] = 6 + good[2*size]&1
		for name, octets := range map[string][]byte{
			"nothing": nil, "infinity": {0}, "zero": infinity, "not on the curve": other, "compressed": compressed,
			"hybrid": hybrid, "short": good[:2*size], "long": append(append([]byte(nil), good...), 0),
			"unreduced": unreduced(c),
		} {
			if _, err := ParsePoint(c, octets); err == nil {
				t.Errorf("%s: a point %s is taken for a key", c.Params().Name, name)
			}
		}
	}
}

// unreduced is the point with the least x there is, written with x + p. It fits for
// curves whose p is well below the next power of two.
func unreduced(c elliptic.Curve) []byte {
	p := c.Params().P
	size := coordinateSize(c)
	for x := new(big.Int); ; x.Add(x, big.NewInt(1)) {
		// y² is found by trying: the curve has p = 3 modulo 4, so y = (y²)^((p+1)/4).
		y := rootOn(c, x)
		if y == nil {
			continue
		}
		octets := make([]byte, 1+2*size)
		octets[0] = uncompressed
		new(big.Int).Add(x, p).FillBytes(octets[1 : 1+size])
		y.FillBytes(octets[1+size:])
		return octets
	}
}

// rootOn returns a y of the curve for x, nil if there is none.
func rootOn(c elliptic.Curve, x *big.Int) *big.Int {
	p := c.Params().P
	a := new(big.Int).SetBytes(c.(*curve).a.Bytes(c.(*curve).field))
	b := c.Params().B
	square := new(big.Int).Exp(x, big.NewInt(3), p)
	square.Add(square, new(big.Int).Mul(a, x))
	square.Add(square, b).Mod(square, p)
	y := new(big.Int).ModSqrt(square, p)
	if y == nil || !c.IsOnCurve(x, y) {
		return nil
	}
	return y
}

// TestOtherCurves: a key of another kind is said to be that.
func TestOtherCurves(t *testing.T) {
	for _, v := range wycheproof.Load[struct {
		PublicKeyDER wycheproof.Hex `json:"publicKeyDer"`
	}, wycheproof.Case](t, "ecdsa_brainpoolP320r1_sha384_test.json") {
		if _, err := ParsePublicKey(v.Common.PublicKeyDER); !errors.Is(err, ErrOtherCurve) {
			t.Fatal(err)
		}
	}
	if _, err := ParsePublicKey([]byte{0x30, 0}); err == nil || errors.Is(err, ErrOtherCurve) {
		t.Errorf("malformed: %v", err)
	}
	if Is(elliptic.P256()) || !Is(P384r1()) {
		t.Error("Is does not know its curves")
	}
}
