// Package effort bounds the time that operations with keys may take of one message:
// whoever sends a mail chooses the keys in it, how many there are, and how they sign
// each other. The bound is one for all that is done with the message, and counts what
// each operation costs by kind and size of its key, so that it is the same on every
// machine.
package effort

import (
	"context"
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 messages of the last century are checked, and cost
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"math/bits"
	"sync/atomic"
	"time"

	"sealgate/internal/brainpool"
)

// PerMessage is what one message may take: 160 signatures with P-521, 1,600 with
// RSA-4096, 70 decryptions with RSA-4096. A mail with two signatures, each with a
// chain of three authorities, takes 2 ms.
const PerMessage = 400 * time.Millisecond

// ErrSpent says that a message has taken all that it may.
var ErrSpent = errors.New("more operations with keys than one message may cost")

// budget is what one message may still take.
type budget struct {
	ctx  context.Context // of the message: parts of the work may have less time
	left atomic.Int64    // nanoseconds
}

type budgetKey struct{}

// Ensure gives ctx the budget of one message, unless it has one. That one does not end
// with ctx, which may be the time of look-ups only.
func Ensure(ctx context.Context) context.Context {
	if _, ok := ctx.Value(budgetKey{}).(*budget); ok {
		return ctx
	}
	return context.WithValue(ctx, budgetKey{}, newBudget(context.WithoutCancel(ctx)))
}

// WithBudget gives ctx a budget of its own: for a message, or for what no message
// brought. It ends with ctx.
func WithBudget(ctx context.Context) context.Context {
	return context.WithValue(ctx, budgetKey{}, newBudget(ctx))
}

func newBudget(ctx context.Context) *budget {
	b := &budget{ctx: ctx}
	b.left.Store(int64(PerMessage))
	return b
}

// Spend takes cost from the budget, before the operation. It is ErrSpent when that is
// more than what is left, and for all that comes after; when the context that the
// budget was given to is done, it is its error. Without a budget all is allowed.
func Spend(ctx context.Context, cost time.Duration) error {
	b, ok := ctx.Value(budgetKey{}).(*budget)
	if !ok {
		return nil
	}
	if err := b.ctx.Err(); err != nil {
		return err
	}
	if b.left.Add(-int64(cost)) < 0 {
		return ErrSpent
	}
	return nil
}

// What operations cost (measured; docs/performance.md), with Go 1.26 on one core.
const (
	costP256     = 85 * time.Microsecond
	costP224     = 245 * time.Microsecond
	costP384     = 750 * time.Microsecond
	costP521     = 2550 * time.Microsecond
	costCurve255 = 65 * time.Microsecond
	costDSA      = 1700 * time.Microsecond // with 3072 bits, the most that is read

	costMultiplication = 12 * time.Microsecond // modulo 4096 bits
	costPrivateRSA     = 6 * time.Millisecond  // with 4096 bits
	unitRSA            = 4096
)

// Verification is what checking a signature by the key costs.
func Verification(key crypto.PublicKey) time.Duration {
	if k, ok := key.(*rsa.PublicKey); ok {
		multiplications := bits.Len64(uint64(k.E)) + bits.OnesCount64(uint64(k.E))
		return power(k, 2, time.Duration(multiplications)*costMultiplication)
	}
	return other(key)
}

// Decryption is what an operation with the private key to key costs: RSA decryption,
// or a key agreement.
func Decryption(key crypto.PublicKey) time.Duration {
	if k, ok := key.(*rsa.PublicKey); ok {
		return power(k, 3, costPrivateRSA)
	}
	return other(key)
}

// power is the cost of an RSA operation that is unit with 4096 bits and grows by a
// power of the length.
func power(k *rsa.PublicKey, exponent int, unit time.Duration) time.Duration {
	length := float64(k.N.BitLen()) / unitRSA
	cost := float64(unit)
	for range exponent {
		cost *= length
	}
	return time.Duration(cost)
}

// other is the cost with keys that are not RSA, of which making and checking a
// signature and agreeing on a key are about the same. Of a kind that nobody knows
// nothing is done with it.
func other(key crypto.PublicKey) time.Duration {
	size := 0
	switch k := key.(type) {
	case *dsa.PublicKey:
		return costDSA
	case ed25519.PublicKey:
		return costCurve255
	case *ecdsa.PublicKey:
		size = k.Params().BitSize
		if brainpool.Is(k.Curve) {
			return brainpoolCosts[size]
		}
	case *ecdh.PublicKey:
		size = ecdhSizes[k.Curve()]
	}
	switch size {
	case 224:
		return costP224
	case 384:
		return costP384
	case 521:
		return costP521
	}
	return costP256
}

// brainpoolCosts are what the curves of RFC 5639 cost by their size. They are those of
// checking a signature; agreeing on a key takes three quarters of it.
var brainpoolCosts = map[int]time.Duration{
	256: 1450 * time.Microsecond,
	384: 3050 * time.Microsecond,
	512: 6250 * time.Microsecond,
}

var ecdhSizes = map[ecdh.Curve]int{ecdh.P384(): 384, ecdh.P521(): 521}
