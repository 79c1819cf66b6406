// Memory does not grow with the message.

package smime

import (
	"context"
	"io"
	"runtime"
	"testing"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// linesReader is text without end, kept nowhere.
type linesReader struct{ size int64 }

const endlessLine = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz\r\n"

func (l linesReader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && off < l.size {
		k := copy(p[n:min(int64(len(p)), int64(n)+l.size-off)], endlessLine[off%int64(len(endlessLine)):])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestMemoryDoesNotGrow counts all that is allocated, not only what is alive at
// once: a message 32 times as large may take no more of it than a few buffers.
func TestMemoryDoesNotGrow(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool, which the spool uses, forgets on purpose under the race detector")
	}
	const small, large, slack = 1 << 20, 32 << 20, 2 << 20
	c := issue(t, "p256")
	costs := make(map[string][2]uint64)
	for i, size := range []int64{small, large} {
		sp, err := spool.New(spool.Options{Dir: t.TempDir(), Memory: 64 << 10})
		if err != nil {
			t.Fatal(err)
		}
		var head joined
		head.addBytes([]byte("Content-Type: text/plain\r\n\r\n"))
		head.add(linesReader{size}, 0, size)
		content, err := ParseEntity(&head, head.size)
		if err != nil {
			t.Fatal(err)
		}
		opaque := signOptions(sp, c)
		opaque.Opaque = true
		encrypt := func(cipher string) func() (*Entity, error) {
			return func() (*Entity, error) {
				return Encrypt(context.Background(), content, EncryptOptions{Cipher: cipher, Recipients: recipients(c), Spool: sp})
			}
		}
		for name, write := range map[string]func() (*Entity, error){
			"prepare":  func() (*Entity, error) { return Prepare(context.Background(), content, PrepareOptions{Spool: sp}) },
			"detached": func() (*Entity, error) { return Sign(context.Background(), content, signOptions(sp, c)) },
			"opaque":   func() (*Entity, error) { return Sign(context.Background(), content, opaque) },
			"CBC":      encrypt("aes-256-cbc"), "GCM": encrypt("aes-256-gcm"),
		} {
			var made *Entity
			cost := costs[name]
			cost[i] = allocated(func() { made, err = write() })
			costs[name] = cost
			if err != nil {
				t.Fatal(err)
			}
			var m *Message
			cost = costs["open "+name]
			cost[i] = allocated(func() {
				m, err = Open(t.Context(), made.Section(), made.Size(), OpenOptions{Keys: []cms.DecryptionKey{decryptionKey(c)}, Spool: sp})
			})
			costs["open "+name] = cost
			if err != nil || m.Malformed != nil || m.Undecryptable != nil || name != "prepare" && m.Inner.Size() != content.Size() {
				t.Fatalf("%s: %v, %+v", name, err, m)
			}
			m.Close()
			made.Close()
		}
	}
	for name, cost := range costs {
		t.Logf("%s: %d KiB for 1 MiB, %d KiB for 32 MiB", name, cost[0]>>10, cost[1]>>10)
		if cost[1] > cost[0]+slack {
			t.Errorf("%s: %d octets for 1 MiB, %d for 32 MiB", name, cost[0], cost[1])
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
