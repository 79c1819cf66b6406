// Tests of the arithmetic against the textbook's, in math/big.

package brainpool

import (
	"crypto/elliptic"
	"crypto/rand"
	"math/big"
	"testing"
)

// slowAdd adds points as a textbook does; the one at infinity is (0, 0).
func slowAdd(c *curve, x1, y1, x2, y2 *big.Int) (x, y *big.Int) {
	p := c.params.P
	if x1.Sign() == 0 && y1.Sign() == 0 {
		return x2, y2
	}
	if x2.Sign() == 0 && y2.Sign() == 0 {
		return x1, y1
	}
	numerator := new(big.Int)
	denominator := new(big.Int)
	switch {
	case x1.Cmp(x2) != 0:
		numerator.Sub(y2, y1)
		denominator.Sub(x2, x1)
	case y1.Cmp(y2) == 0 && y1.Sign() != 0:
		numerator.Mul(x1, x1).Mul(numerator, big.NewInt(3)).Add(numerator, new(big.Int).SetBytes(c.a.Bytes(c.field)))
		denominator.Lsh(y1, 1)
	default:
		return new(big.Int), new(big.Int)
	}
	slope := numerator.Mul(numerator, new(big.Int).ModInverse(denominator.Mod(denominator, p), p))
	x = new(big.Int).Mul(slope, slope)
	x.Sub(x, x1).Sub(x, x2).Mod(x, p)
	y = new(big.Int).Sub(x1, x)
	y.Mul(y, slope).Sub(y, y1).Mod(y, p)
	return x, y
}

func slowMultiply(c *curve, x, y, scalar *big.Int) (rx, ry *big.Int) {
	rx = new(big.Int)
	ry = new(big.Int)
	for i := scalar.BitLen() - 1; i >= 0; i-- {
		rx, ry = slowAdd(c, rx, ry, rx, ry)
		if scalar.Bit(i) == 1 {
			rx, ry = slowAdd(c, rx, ry, x, y)
		}
	}
	return rx, ry
}

func samePoint(x1, y1, x2, y2 *big.Int) bool { return x1.Cmp(x2) == 0 && y1.Cmp(y2) == 0 }

// skipLonger leaves a curve out of a short run, as make check makes it with the race detector:
// all have one code without goroutines, and the longer ones take half a minute there.
func skipLonger(t *testing.T, c elliptic.Curve) {
	t.Helper()
	if testing.Short() && c != P256r1() {
		t.Skip("a longer curve: not in a short run")
	}
}

// TestArithmetic: sums and multiples of points are the textbook's, also of equal and
// opposite ones, the one at infinity, and with scalars at the bounds.
func TestArithmetic(t *testing.T) {
	for _, known := range []elliptic.Curve{P256r1(), P384r1(), P512r1()} {
		t.Run(known.Params().Name, func(t *testing.T) {
			skipLonger(t, known)
			t.Parallel()
			c := known.(*curve)
			g := c.params
			zero := new(big.Int)
			if !c.IsOnCurve(g.Gx, g.Gy) || c.IsOnCurve(zero, zero) {
				t.Error("the base point is not on the curve, or the one at infinity is")
			}
			hx, hy := slowMultiply(c, g.Gx, g.Gy, big.NewInt(12345))
			opposite := new(big.Int).Sub(g.P, g.Gy)
			points := [][2]*big.Int{{zero, zero}, {g.Gx, g.Gy}, {g.Gx, opposite}, {hx, hy}}
			for i, p := range points {
				for j, q := range points {
					x, y := c.Add(p[0], p[1], q[0], q[1])
					wantX, wantY := slowAdd(c, p[0], p[1], q[0], q[1])
					if !samePoint(x, y, wantX, wantY) {
						t.Errorf("the sum of the points %d and %d is wrong", i, j)
					}
				}
			}
			minus := func(n int64) *big.Int { return new(big.Int).Sub(g.N, big.NewInt(n)) }
			scalars := []*big.Int{zero, big.NewInt(1), big.NewInt(2), big.NewInt(15), big.NewInt(16), minus(2), minus(1), g.N}
			for range 3 {
				random, err := rand.Int(rand.Reader, g.N)
				if err != nil {
					t.Fatal(err)
				}
				scalars = append(scalars, random)
			}
			for _, s := range scalars {
				full := s.FillBytes(make([]byte, c.size()))
				x, y := c.ScalarMult(hx, hy, full)
				if wantX, wantY := slowMultiply(c, hx, hy, s); !samePoint(x, y, wantX, wantY) {
					t.Errorf("%x times a point is wrong", s)
				}
				wantX, wantY := slowMultiply(c, g.Gx, g.Gy, s)
				longer := append([]byte{0}, full...)
				for _, octets := range [][]byte{s.Bytes(), full, longer} {
					if x, y := c.ScalarBaseMult(octets); !samePoint(x, y, wantX, wantY) {
						t.Errorf("%x (%d octets) times the base point is wrong", s, len(octets))
					}
				}
			}
		})
	}
}
