package testpki

// This file makes RSA keys for certificates: few, because they are slow to make, and for tests
// out of primes that were found once.

import (
	"crypto/rand"
	"crypto/rsa"
	_ "embed"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
)

// rsaKeys is how many keys a size has. Each test takes them from the first on, so that its
// certificates have different ones as long as it has no more of them.
const rsaKeys = 16

// rsaPool has the keys that were made, for all tests.
var rsaPool struct {
	sync.Mutex
	keys  map[int][]*rsa.PrivateKey
	turns map[string]*rsaTurn // by the name of a test
}

// rsaTurn counts the keys that a test has taken of each size.
type rsaTurn struct {
	taken map[int]int
}

// everybody is the turn of the roots that belong to no test.
var everybody = &rsaTurn{}

// turnOf is the one of a test, which its subtests share.
func turnOf(test string) *rsaTurn {
	top, _, _ := strings.Cut(test, "/")
	rsaPool.Lock()
	defer rsaPool.Unlock()
	if rsaPool.turns == nil {
		rsaPool.turns = map[string]*rsaTurn{}
	}
	if rsaPool.turns[top] == nil {
		rsaPool.turns[top] = &rsaTurn{}
	}
	return rsaPool.turns[top]
}

// key is the next one of a size, in bits.
func (r *rsaTurn) key(bits int) (*rsa.PrivateKey, error) {
	rsaPool.Lock()
	defer rsaPool.Unlock()
	if rsaPool.keys == nil {
		rsaPool.keys = map[int][]*rsa.PrivateKey{}
	}
	if r.taken == nil {
		r.taken = map[int]int{}
	}
	n := r.taken[bits] % rsaKeys
	r.taken[bits]++
	for len(rsaPool.keys[bits]) <= n {
		key, err := newKey(bits, len(rsaPool.keys[bits]))
		if err != nil {
			return nil, err
		}
		rsaPool.keys[bits] = append(rsaPool.keys[bits], key)
	}
	return rsaPool.keys[bits][n], nil
}

// foundPrimes has a line for each key that tests share: its bits and its two primes. Fifty test
// programs want keys in each run, and to search for primes took a good part of their time.
// They are known to everybody.
//
//go:embed primes.txt
var foundPrimes string

// newKey makes the n-th key of a size. Only a test has one of foundPrimes: in the demonstration
// the keys are nobody else's.
func newKey(bits, n int) (*rsa.PrivateKey, error) {
	if testing.Testing() {
		p, q, err := found(bits, n)
		if err != nil {
			return nil, err
		}
		if p != nil {
			return fromPrimes(p, q)
		}
	}
	return rsa.GenerateKey(rand.Reader, bits)
}

// found is the n-th pair of foundPrimes for a size, nil when it has no more of them.
func found(bits, n int) (p, q *big.Int, err error) {
	size := fmt.Sprintf("%d ", bits)
	for line := range strings.Lines(foundPrimes) {
		pair, ok := strings.CutPrefix(line, size)
		if !ok {
			continue
		}
		if n > 0 {
			n--
			continue
		}
		p = new(big.Int)
		q = new(big.Int)
		if _, err := fmt.Sscanf(pair, "%x %x\n", p, q); err != nil {
			return nil, nil, fmt.Errorf("testpki: primes.txt: %w", err)
		}
		return p, q, nil
	}
	return nil, nil, nil
}

// fromPrimes is the key that p and q make (RFC 8017 §3.2).
func fromPrimes(p, q *big.Int) (*rsa.PrivateKey, error) {
	const exponent = 65537
	one := big.NewInt(1)
	order := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{Primes: []*big.Int{p, q}}
	key.E = exponent
	key.N = new(big.Int).Mul(p, q)
	key.D = new(big.Int).ModInverse(big.NewInt(exponent), order)
	if key.D == nil {
		return nil, errors.New("testpki: primes.txt: a prime has no key with that exponent")
	}
	key.Precompute()
	return key, key.Validate()
}

// EnormousKey is a public key of any number of bits that nobody has: a check with it
// takes as long as with a real one.
func EnormousKey(bits int) *rsa.PublicKey {
	b := make([]byte, bits/8)
	rand.Read(b)
	b[0] |= 0x80
	b[len(b)-1] |= 1
	return &rsa.PublicKey{N: new(big.Int).SetBytes(b), E: 65537}
}
