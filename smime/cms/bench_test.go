// Benchmarks of messages with each kind of key: what docs/performance.md says of them.

package cms

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// benchContent is a short mail.
var benchContent = bytes.Repeat([]byte("x"), 10<<10)

func BenchmarkSign(b *testing.B) {
	for _, key := range []string{"rsa", "p256", "p384", "p521", "bp256", "bp384", "bp512", "ed25519"} {
		b.Run(key, func(b *testing.B) {
			o := SignOptions{Signers: []Signer{signCase{key: key}.signer(b)}, Detached: true, Certificates: chain(b)}
			for b.Loop() {
				if err := Sign(context.Background(), io.Discard, bytes.NewReader(benchContent), int64(len(benchContent)), o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, key := range []string{"rsa", "p256", "p384", "p521", "bp256", "bp384", "bp512", "ed25519"} {
		b.Run(key, func(b *testing.B) {
			message := signBytes(b, benchContent, true, signCase{key: key}.signer(b))
			b.ReportAllocs()
			for b.Loop() {
				info := parse(b, message)
				v := info.Signed.Verifier()
				io.Copy(v, bytes.NewReader(benchContent))
				all := v.Verify(context.Background(), bytes.NewReader(benchContent), int64(len(benchContent)))
				if err := all[0].Err; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncrypt(b *testing.B) {
	for _, key := range []string{"rsa", "p256", "p384", "p521", "bp256", "bp384", "bp512", "x25519"} {
		b.Run(key, func(b *testing.B) {
			r := recipientCase{key: key}.recipient(b)
			for b.Loop() {
				encryptBytes(b, benchContent, "aes-256-gcm", r)
			}
		})
	}
}

func BenchmarkDecrypt(b *testing.B) {
	for _, key := range []string{"rsa", "p256", "p384", "p521", "bp256", "bp384", "bp512", "x25519"} {
		b.Run(key, func(b *testing.B) {
			message := encryptBytes(b, benchContent, "aes-256-gcm", recipientCase{key: key}.recipient(b))
			o := DecryptOptions{Keys: []DecryptionKey{decryptionKey(b, key)}, Spool: newSpool(b)}
			b.ReportAllocs()
			for b.Loop() {
				p, err := parse(b, message).Enveloped.Decrypt(context.Background(), o)
				if err != nil {
					b.Fatal(err)
				}
				p.File.Close()
			}
		})
	}
}
