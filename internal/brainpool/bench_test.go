// The times of the curves, which internal/effort counts with and docs/performance.md tells.

package brainpool

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"testing"
)

func BenchmarkKeys(b *testing.B) {
	for _, c := range []elliptic.Curve{P256r1(), P384r1(), P512r1()} {
		key, err := GenerateKey(c)
		if err != nil {
			b.Fatal(err)
		}
		sum := sha256.Sum256(nil)
		signed, err := key.Sign(nil, sum[:], crypto.SHA256)
		if err != nil {
			b.Fatal(err)
		}
		name := c.Params().Name
		b.Run(name+"/sign", func(b *testing.B) {
			for b.Loop() {
				if _, err := key.Sign(nil, sum[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/verify", func(b *testing.B) {
			for b.Loop() {
				if !ecdsa.VerifyASN1(key.public, sum[:], signed) {
					b.Fatal("a good signature is refused")
				}
			}
		})
		b.Run(name+"/generate", func(b *testing.B) {
			for b.Loop() {
				if _, err := GenerateKey(c); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/agree", func(b *testing.B) {
			for b.Loop() {
				if _, err := key.ECDH(key.public); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
