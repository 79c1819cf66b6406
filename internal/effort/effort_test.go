package effort

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"
	"time"

	"sealgate/internal/brainpool"
)

// TestOneBudgetForAll: what is exactly as much as a message may cost is allowed, one
// more is not, nor is anything after it, wherever the context was handed on to.
func TestOneBudgetForAll(t *testing.T) {
	ctx := Ensure(t.Context())
	if Ensure(ctx) != ctx {
		t.Error("a second budget for one message")
	}
	below, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := errors.Join(Spend(ctx, PerMessage/2), Spend(below, PerMessage-PerMessage/2)); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := Spend(ctx, 1); !errors.Is(err, ErrSpent) {
			t.Errorf("one beyond the budget: %v", err)
		}
	}
	if err := Spend(WithBudget(ctx), PerMessage); err != nil {
		t.Errorf("what no message brought: %v", err)
	}
	if err := Spend(t.Context(), PerMessage+1); err != nil {
		t.Errorf("without a budget: %v", err)
	}
}

// TestBudgetEndsWithTheMessage: message_timeout ends it, the end of look-ups does not.
func TestBudgetEndsWithTheMessage(t *testing.T) {
	message, cancel := context.WithCancel(t.Context())
	ctx := WithBudget(message)
	lookUp, end := context.WithCancel(ctx)
	end()
	if err := Spend(lookUp, 1); err != nil {
		t.Error(err)
	}
	cancel()
	if err := Spend(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func modulus(bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), bits-1) }

// TestCostsGrowWithKeys: no key that a sender may choose is cheaper than it is.
func TestCostsGrowWithKeys(t *testing.T) {
	var last time.Duration
	for i, key := range []crypto.PublicKey{
		&rsa.PublicKey{N: modulus(2048), E: 65537},
		&ecdsa.PublicKey{Curve: elliptic.P256()},
		&rsa.PublicKey{N: modulus(4096), E: 65537},
		&rsa.PublicKey{N: modulus(4096), E: 1<<31 - 1},
		&ecdsa.PublicKey{Curve: elliptic.P384()},
		&ecdsa.PublicKey{Curve: brainpool.P256r1()},
		&ecdsa.PublicKey{Curve: elliptic.P521()},
		&ecdsa.PublicKey{Curve: brainpool.P384r1()},
		&rsa.PublicKey{N: modulus(16384), E: 65537},
		&ecdsa.PublicKey{Curve: brainpool.P512r1()},
		&rsa.PublicKey{N: modulus(16384), E: 1<<31 - 1},
	} {
		cost := Verification(key)
		if cost <= last {
			t.Errorf("key %d: %v after %v", i, cost, last)
		}
		last = cost
	}
	small, large := Decryption(&rsa.PublicKey{N: modulus(2048)}), Decryption(&rsa.PublicKey{N: modulus(8192)})
	if large != 64*small {
		t.Errorf("four times the key: %v after %v", large, small)
	}
}
