package brainpool

// This file adds and multiplies points, in a time that does not depend on which they are.

import (
	"crypto/elliptic"
	"crypto/subtle"
	"encoding/asn1"
	"math/big"

	"filippo.io/bigmod"
)

// curve is one curve.
type curve struct {
	id     asn1.ObjectIdentifier // its name in certificates (RFC 5639 §4.1)
	params *elliptic.CurveParams

	field *bigmod.Modulus // p
	order *bigmod.Modulus // n
	a     *bigmod.Nat
	b3    *bigmod.Nat // 3b
	base  *point
	// ofBase are the multiples of base, which are made when first needed.
	ofBase func() []*multiples
}

// element is a number modulo p; one that is not below p is 0.
func (c *curve) element(n *big.Int) *bigmod.Nat {
	e := bigmod.NewNat().ExpandFor(c.field)
	if n.Sign() < 0 || n.Cmp(c.params.P) >= 0 {
		return e
	}
	octets := n.FillBytes(make([]byte, c.size()))
	if _, err := e.SetBytes(octets, c.field); err != nil {
		panic("brainpool: a number below p is refused")
	}
	return e
}

// size is the length of a coordinate, and of a scalar, in octets.
func (c *curve) size() int { return c.params.BitSize / 8 }

// point is a point in projective coordinates: (x/z, y/z), or with z = 0 the one at
// infinity.
type point struct{ x, y, z *bigmod.Nat }

// infinity is the neutral element (0 : 1 : 0).
func (c *curve) infinity() *point {
	return &point{x: c.element(big.NewInt(0)), y: c.element(big.NewInt(1)), z: c.element(big.NewInt(0))}
}

// point is the one with these coordinates; (0, 0), which is on no curve of ours, means the
// one at infinity, as in crypto/elliptic.
func (c *curve) point(x, y *big.Int) *point {
	if x.Sign() == 0 && y.Sign() == 0 {
		return c.infinity()
	}
	return &point{x: c.element(x), y: c.element(y), z: c.element(big.NewInt(1))}
}

// affine returns the coordinates of a point; those of the one at infinity are (0, 0).
func (c *curve) affine(p *point) (x, y []byte) {
	exponent := new(big.Int).Sub(c.params.P, big.NewInt(2)) // z^(p-2) = 1/z, and 0 for 0
	inverse := bigmod.NewNat().Exp(p.z, exponent.Bytes(), c.field)
	k := newCalculator(c)
	x = k.product(p.x, inverse).Bytes(c.field)
	y = k.product(p.y, inverse).Bytes(c.field)
	return x, y
}

// window is the number of bits of a scalar that one addition does, a digit.
const window = 4

// multiples are those of a point by each digit.
type multiples [1 << window]*point

func (k *calculator) multiples(p *point) *multiples {
	m := &multiples{k.infinity()}
	for i := 1; i < len(m); i++ {
		m[i] = k.infinity()
		k.add(m[i], m[i-1], p)
	}
	return m
}

// digits of a scalar, which is big-endian, the most significant first.
func digits(scalar []byte) []byte {
	var out []byte
	for _, octet := range scalar {
		out = append(out, octet>>window, octet&(1<<window-1))
	}
	return out
}

// multiply returns the multiple of a point. The time depends on the length of the scalar
// only.
func (c *curve) multiply(p *point, scalar []byte) *point {
	k := newCalculator(c)
	m := k.multiples(p)
	sum := c.infinity()
	chosen := c.infinity()
	for _, digit := range digits(scalar) {
		for range window {
			k.add(sum, sum, sum)
		}
		choose(chosen, m, digit)
		k.add(sum, sum, chosen)
	}
	return sum
}

// multiplyBase is multiply with the base point, whose multiples by each digit in each place
// of a scalar are known after the first time: nothing is left to be doubled.
func (c *curve) multiplyBase(scalar []byte) *point {
	places := c.ofBase()
	k := newCalculator(c)
	sum := c.infinity()
	chosen := c.infinity()
	list := digits(scalar)
	for i, digit := range list {
		choose(chosen, places[len(list)-1-i], digit)
		k.add(sum, sum, chosen)
	}
	return sum
}

// baseMultiples are those of the base point, of the least significant place first.
func (c *curve) baseMultiples() []*multiples {
	k := newCalculator(c)
	p := c.base
	var places []*multiples
	for range c.params.BitSize / window {
		m := k.multiples(p)
		places = append(places, m)
		next := c.infinity()
		k.add(next, m[len(m)-1], p) // 16p = 15p + p
		p = next
	}
	return places
}

// choose sets p to one of the multiples. It looks at each of them, so that the cache of the
// processor does not tell which one it was.
func choose(p *point, from *multiples, digit byte) {
	clear(p.x.Bits())
	clear(p.y.Bits())
	clear(p.z.Bits())
	for i, m := range from {
		mask := -uint(subtle.ConstantTimeByteEq(byte(i), digit))
		orMasked(p.x, m.x, mask)
		orMasked(p.y, m.y, mask)
		orMasked(p.z, m.z, mask)
	}
}

func orMasked(to, from *bigmod.Nat, mask uint) {
	limbs := to.Bits()
	for i, limb := range from.Bits() {
		limbs[i] |= limb & mask
	}
}

// calculator adds points. It keeps the room for the numbers in between, which would else
// be allocated some forty times for each addition.
type calculator struct {
	*curve
	numbers []*bigmod.Nat
	used    int
}

func newCalculator(c *curve) *calculator { return &calculator{curve: c} }

// add sets r, which may be p or q, to p + q. One formula holds for all points of a curve of
// prime order: equal ones, opposite ones, and the one at infinity (Renes, Costello, Batina:
// Complete addition formulas for prime order elliptic curves, 2015, theorem 1).
func (k *calculator) add(r, p, q *point) {
	k.used = 0
	xx := k.product(p.x, q.x)
	yy := k.product(p.y, q.y)
	zz := k.product(p.z, q.z)
	xy := k.crossed(p.x, p.y, q.x, q.y, xx, yy)
	xz := k.crossed(p.x, p.z, q.x, q.z, xx, zz)
	yz := k.crossed(p.y, p.z, q.y, q.z, yy, zz)

	azz := k.product(k.a, zz)
	m := k.sum(k.product(k.a, xz), k.product(k.b3, zz))
	n := k.sum(k.sum(xx, xx), k.sum(xx, azz))
	l := k.sum(k.product(k.b3, xz), k.product(k.a, k.difference(xx, azz)))
	plus := k.sum(yy, m)
	minus := k.difference(yy, m)

	copy(r.x.Bits(), k.difference(k.product(xy, minus), k.product(yz, l)).Bits())
	copy(r.y.Bits(), k.sum(k.product(plus, minus), k.product(n, l)).Bits())
	copy(r.z.Bits(), k.sum(k.product(yz, plus), k.product(xy, n)).Bits())
}

// crossed is a1·b2 + b1·a2, of which aa = a1·a2 and bb = b1·b2 are known.
func (k *calculator) crossed(a1, b1, a2, b2, aa, bb *bigmod.Nat) *bigmod.Nat {
	both := k.product(k.sum(a1, b1), k.sum(a2, b2))
	return k.difference(k.difference(both, aa), bb)
}

func (k *calculator) sum(x, y *bigmod.Nat) *bigmod.Nat { return k.clone(x).Add(y, k.field) }

func (k *calculator) difference(x, y *bigmod.Nat) *bigmod.Nat { return k.clone(x).Sub(y, k.field) }

func (k *calculator) product(x, y *bigmod.Nat) *bigmod.Nat { return k.clone(x).Mul(y, k.field) }

// clone copies a number into the next room.
func (k *calculator) clone(x *bigmod.Nat) *bigmod.Nat {
	if k.used == len(k.numbers) {
		k.numbers = append(k.numbers, bigmod.NewNat().ExpandFor(k.field))
	}
	n := k.numbers[k.used]
	k.used++
	copy(n.Bits(), x.Bits())
	return n
}
