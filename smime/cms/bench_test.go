// Benchmarks of reading, for profiles.

package cms

import (
	"bytes"
	"context"
	"io"
	"testing"
)

func BenchmarkVerify(b *testing.B) {
	content := bytes.Repeat([]byte("x"), 10<<10)
	message := signBytes(b, content, true, signCase{key: "rsa"}.signer(b))
	b.ReportAllocs()
	for b.Loop() {
		info := parse(b, message)
		v := info.Signed.Verifier()
		io.Copy(v, bytes.NewReader(content))
		if err := v.Verify(context.Background(), bytes.NewReader(content), int64(len(content)))[0].Err; err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecrypt(b *testing.B) {
	content := bytes.Repeat([]byte("x"), 10<<10)
	message := encryptBytes(b, content, "aes-256-gcm", recipientCase{key: "rsa"}.recipient(b))
	o := DecryptOptions{Keys: []DecryptionKey{decryptionKey(b, "rsa")}, Spool: newSpool(b)}
	b.ReportAllocs()
	for b.Loop() {
		p, err := parse(b, message).Enveloped.Decrypt(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		p.File.Close()
	}
}
