package testpki

// This file makes RSA keys for certificates: few, because they are slow to make.

import (
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"strings"
	"sync"
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
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			return nil, err
		}
		rsaPool.keys[bits] = append(rsaPool.keys[bits], key)
	}
	return rsaPool.keys[bits][n], nil
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
