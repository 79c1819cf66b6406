package brainpool

// This file is what crypto/ecdsa verifies signatures with: a curve as crypto/elliptic has
// them. Nothing here is for private keys.

import (
	"crypto/elliptic"
	"math/big"
)

// Params are the parameters, but for a.
func (c *curve) Params() *elliptic.CurveParams { return c.params }

// IsOnCurve reports whether a point is on the curve; the one at infinity is not.
func (c *curve) IsOnCurve(x, y *big.Int) bool {
	for _, n := range []*big.Int{x, y} {
		if n.Sign() < 0 || n.Cmp(c.params.P) >= 0 {
			return false
		}
	}
	k := newCalculator(c)
	abscissa := c.element(x)
	ordinate := c.element(y)
	square := k.product(abscissa, abscissa)
	right := k.sum(k.product(k.sum(square, c.a), abscissa), c.element(c.params.B))
	return k.product(ordinate, ordinate).Equal(right) == 1
}

// Add returns the sum of two points.
func (c *curve) Add(x1, y1, x2, y2 *big.Int) (x, y *big.Int) {
	sum := c.infinity()
	newCalculator(c).add(sum, c.point(x1, y1), c.point(x2, y2))
	return c.coordinates(sum)
}

// Double returns the sum of a point and itself.
func (c *curve) Double(x1, y1 *big.Int) (x, y *big.Int) { return c.Add(x1, y1, x1, y1) }

// ScalarMult returns the multiple of a point.
func (c *curve) ScalarMult(x1, y1 *big.Int, scalar []byte) (x, y *big.Int) {
	return c.coordinates(c.multiply(c.point(x1, y1), scalar))
}

// ScalarBaseMult returns the multiple of the base point. A scalar longer than the order is
// nobody's, but no cause to stop.
func (c *curve) ScalarBaseMult(scalar []byte) (x, y *big.Int) {
	if len(scalar) > c.size() {
		return c.coordinates(c.multiply(c.base, scalar))
	}
	return c.coordinates(c.multiplyBase(scalar))
}

func (c *curve) coordinates(p *point) (x, y *big.Int) {
	xOctets, yOctets := c.affine(p)
	return new(big.Int).SetBytes(xOctets), new(big.Int).SetBytes(yOctets)
}
