// Whole operations, MIME in and out, measured.

package smime

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// BenchmarkMIME measures whole operations, MIME in and out; make bench compares
// them with the limit.
func BenchmarkMIME(b *testing.B) {
	c := issue(b, "rsa-2048")
	sp, err := spool.New(spool.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{10 << 10, 1 << 20, 25 << 20} {
		var content strings.Builder
		content.WriteString("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		lines := newBase64Writer(&content)
		if _, err := lines.Write(random(size / 78 * 57)); err != nil {
			b.Fatal(err)
		}
		if err := lines.Close(); err != nil {
			b.Fatal(err)
		}
		plain := parse(b, content.String())
		run := func(name string, f func() error) {
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		prepare := func() (*Entity, error) { return Prepare(context.Background(), plain, PrepareOptions{Spool: sp}) }
		sign := func() (*Entity, error) { return Sign(context.Background(), plain, signOptions(sp, c)) }
		encrypt := func() (*Entity, error) {
			return Encrypt(context.Background(), plain, EncryptOptions{Recipients: recipients(c), Spool: sp})
		}
		for name, entity := range map[string]func() (*Entity, error){"prepare": prepare, "sign": sign, "encrypt": encrypt} {
			run(name, func() error {
				e, err := entity()
				if err != nil {
					return err
				}
				return e.Close()
			})
		}
		for name, entity := range map[string]func() (*Entity, error){"verify": sign, "decrypt": encrypt} {
			e, err := entity()
			if err != nil {
				b.Fatal(err)
			}
			msg := text(b, e)
			e.Close()
			run(name, func() error {
				m, err := Open(b.Context(), strings.NewReader(msg), int64(len(msg)), OpenOptions{Keys: []cms.DecryptionKey{decryptionKey(c)}, Spool: sp})
				if err != nil {
					return err
				}
				if m.Inner == m.Outer {
					return fmt.Errorf("not opened: %v %v", m.Malformed, m.Undecryptable)
				}
				return m.Close()
			})
		}
	}
}
