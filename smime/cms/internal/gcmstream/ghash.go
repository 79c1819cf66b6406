// GHASH in pieces, taken out of the standard library's GCM.
//
// GHASH of blocks X1…Xn is X1·H^n ⊕ … ⊕ Xn·H. Sealing nothing with a chunk as
// additional data under a fixed nonce N gives
//
//	tag = E(N‖1) ⊕ (GHASH(chunk) ⊕ lengths)·H
//
// and E(N‖1) and H are known to whoever has the key, so GHASH(chunk)·H comes
// out at the speed of the machine's own GHASH. Chunks are chained by
// multiplication with H^m, and the additional data is put in front at the end by
// one multiplication with H^blocks. Every value below is kept multiplied by one
// more H than the formulas of SP 800-38D have, which saves a division.

package gcmstream

import (
	"crypto/cipher"
	"encoding/binary"
)

// Sizes in octets.
const (
	blockSize = 16
	nonceSize = 12

	// chunkSize is hashed in one step: large enough that the two bit-serial
	// multiplications per chunk cost little, small enough to stay in the cache
	// between encryption and hashing.
	chunkSize = 64 << 10
)

// element is an element of GCM's GF(2^128): the coefficient of x^0 is the
// highest bit of hi.
type element struct{ hi, lo uint64 }

var one = element{hi: 1 << 63}

func load(b []byte) element {
	return element{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (a element) bytes() (b [blockSize]byte) {
	binary.BigEndian.PutUint64(b[:], a.hi)
	binary.BigEndian.PutUint64(b[8:], a.lo)
	return b
}

func (a element) xor(b element) element { return element{a.hi ^ b.hi, a.lo ^ b.lo} }

// mul multiplies modulo x^128 + x^7 + x^2 + x + 1 (SP 800-38D §6.3), without
// branches or look-ups that depend on the operands.
func (a element) mul(b element) (z element) {
	for _, word := range [2]uint64{a.hi, a.lo} {
		for i := 63; i >= 0; i-- {
			use := -(word >> i & 1)
			z.hi ^= b.hi & use
			z.lo ^= b.lo & use
			carry := -(b.lo & 1)
			b.lo = b.lo>>1 | b.hi<<63
			b.hi = b.hi>>1 ^ carry&(0xe1<<56)
		}
	}
	return z
}

// pow raises to a public exponent.
func (a element) pow(n int64) element {
	z := one
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			z = z.mul(a)
		}
		a = a.mul(a)
	}
	return z
}

// ghash hashes a stream; all values are GHASH's times H.
type ghash struct {
	aead    cipher.AEAD
	mask    element // E(N‖1) for the nonce N of zeros
	h       element // E(0)
	hChunk  element // H^(blocks in a chunk), once it is needed
	sum0    element // the hash so far
	size    int64   // bytes in sum0, a multiple of chunkSize until the end
	pending []byte  // less than a chunk
}

func newGHASH(block cipher.Block) (*ghash, error) {
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	var zero, nonce1, e [blockSize]byte
	nonce1[blockSize-1] = 1
	g := &ghash{aead: aead}
	block.Encrypt(e[:], zero[:])
	g.h = load(e[:])
	block.Encrypt(e[:], nonce1[:])
	g.mask = load(e[:])
	return g, nil
}

// digest returns GHASH(data, padded with zeros to whole blocks)·H.
func (g *ghash) digest(data []byte) element {
	if len(data) == 0 {
		return element{}
	}
	var nonce [nonceSize]byte
	var out [blockSize]byte
	tag := load(g.aead.Seal(out[:0], nonce[:], nil, data))
	return tag.xor(g.mask).xor(g.lengths(int64(len(data)), 0))
}

// lengths returns the block of both lengths in bits (SP 800-38D §7.1, step 5), times H.
func (g *ghash) lengths(aad, content int64) element {
	return element{uint64(aad) * 8, uint64(content) * 8}.mul(g.h)
}

func (g *ghash) write(p []byte) {
	if len(g.pending) > 0 {
		n := min(len(p), chunkSize-len(g.pending))
		g.pending = append(g.pending, p[:n]...)
		p = p[n:]
		if len(g.pending) < chunkSize {
			return
		}
		g.absorb(g.pending)
		g.pending = g.pending[:0]
	}
	for len(p) >= chunkSize {
		g.absorb(p[:chunkSize])
		p = p[chunkSize:]
	}
	g.pending = append(g.pending, p...)
}

// absorb appends data, a chunk or the last of them.
func (g *ghash) absorb(data []byte) {
	if g.size > 0 { // else there is nothing to shift
		g.sum0 = g.sum0.mul(g.shift(len(data)))
	}
	g.sum0 = g.sum0.xor(g.digest(data))
	g.size += int64(len(data))
}

// shift returns H to the power of the blocks in n bytes.
func (g *ghash) shift(n int) element {
	if n < chunkSize {
		return g.h.pow(blocks(int64(n)))
	}
	if g.hChunk == (element{}) {
		g.hChunk = g.h.pow(chunkSize / blockSize)
	}
	return g.hChunk
}

func blocks(n int64) int64 { return (n + blockSize - 1) / blockSize }

// sum ends the hash and returns GHASH(aad ‖ content ‖ lengths).
func (g *ghash) sum(aad []byte) element {
	if len(g.pending) > 0 {
		g.absorb(g.pending)
		g.pending = g.pending[:0]
	}
	sum := g.sum0.xor(g.lengths(int64(len(aad)), g.size))
	if len(aad) > 0 {
		sum = sum.xor(g.digest(aad).mul(g.h.pow(blocks(g.size))))
	}
	return sum
}

// firstCounter returns J0 (SP 800-38D §7.1, step 2).
func (g *ghash) firstCounter(iv []byte) (j0 [blockSize]byte) {
	if len(iv) == nonceSize {
		copy(j0[:], iv)
		j0[blockSize-1] = 1
		return j0
	}
	return g.digest(iv).xor(g.lengths(0, int64(len(iv)))).bytes()
}
