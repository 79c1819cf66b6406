// Tests of the streaming GCM against the standard library's one-shot GCM and Wycheproof.

package gcmstream

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"sealgate/internal/wycheproof"
)

func newBlock(tb testing.TB, key []byte) cipher.Block {
	tb.Helper()
	b, err := aes.NewCipher(key)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// feed gives src to step in random parts, in place.
func feed(tb testing.TB, r *rand.Rand, step func(dst, src []byte) error, src []byte) []byte {
	out := bytes.Clone(src)
	for rest := out; len(rest) > 0; {
		n := min(len(rest), 1+r.IntN(3*chunkSize/2))
		if r.IntN(3) == 0 {
			n = min(len(rest), 1+r.IntN(40))
		}
		if err := step(rest[:n], rest[:n]); err != nil {
			tb.Fatal(err)
		}
		rest = rest[n:]
	}
	return out
}

func check(t *testing.T, r *rand.Rand, key, iv, plain, aad []byte) {
	t.Helper()
	block := newBlock(t, key)
	oneShot, err := cipher.NewGCMWithNonceSize(block, len(iv))
	if err != nil {
		t.Fatal(err)
	}
	want := oneShot.Seal(nil, iv, plain, aad)
	s, err := New(block, iv)
	if err != nil {
		t.Fatal(err)
	}
	got := feed(t, r, s.Encrypt, plain)
	tag := s.Tag(aad)
	if !bytes.Equal(append(got, tag[:]...), want) {
		t.Fatalf("plaintext of %d, AAD of %d, IV of %d bytes: differs from one-shot GCM", len(plain), len(aad), len(iv))
	}
	d, _ := New(block, iv)
	back := feed(t, r, d.Decrypt, want[:len(plain)])
	if err := d.Verify(aad, want[len(plain):]); err != nil || !bytes.Equal(back, plain) {
		t.Fatalf("plaintext of %d, AAD of %d bytes: does not decrypt: %v", len(plain), len(aad), err)
	}
}

// TestAgainstOneShot tries every size around block and chunk bounds, of content and AAD.
func TestAgainstOneShot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var contents []int
	for n := range 50 {
		contents = append(contents, n)
	}
	for _, c := range []int{chunkSize, 2 * chunkSize, 5 * chunkSize} {
		contents = append(contents, c-17, c-16, c-15, c-1, c, c+1, c+15, c+16, c+17)
	}
	aads := []int{0, 1, 15, 16, 17, 31, 32, 33, 100, 4096, 70000}
	for _, n := range contents {
		for _, a := range aads {
			key := randomBytes(r, []int{16, 24, 32}[r.IntN(3)])
			check(t, r, key, randomBytes(r, 12), randomBytes(r, n), randomBytes(r, a))
		}
	}
	for a := range 300 {
		check(t, r, randomBytes(r, 32), randomBytes(r, 12), randomBytes(r, 40), randomBytes(r, a))
	}
	for iv := 1; iv < 70; iv++ {
		check(t, r, randomBytes(r, 16), randomBytes(r, iv), randomBytes(r, r.IntN(3*chunkSize)), randomBytes(r, 20))
	}
}

// TestCounterWraps finds the IV whose first counter is about to wrap at 32
// bits, by choosing the counter block and inverting GHASH, which is a bijection
// for IVs of one block.
func TestCounterWraps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	key := randomBytes(r, 32)
	block := newBlock(t, key)
	g, err := newGHASH(block)
	if err != nil {
		t.Fatal(err)
	}
	inverse := one // H^(2^128-2)
	for square, i := g.h, 1; i < 128; i++ {
		square = square.mul(square)
		inverse = inverse.mul(square)
	}
	if g.h.mul(inverse) != one {
		t.Fatal("inverse is wrong")
	}
	for _, distance := range []uint32{0, 1, 2, 3, 4096, 4097, 5000} {
		j0 := load(randomBytes(r, 16))
		j0.lo = j0.lo&^0xffffffff | uint64(^uint32(0)-distance)
		// J0 = (IV·H ⊕ lengths)·H, with lengths = 128 bits of IV.
		iv := j0.mul(inverse).xor(element{0, 128}).mul(inverse).bytes()
		if got := g.firstCounter(iv[:]); binary.BigEndian.Uint32(got[12:]) != ^uint32(0)-distance {
			t.Fatalf("firstCounter gave %x", got)
		}
		check(t, r, key, iv[:], randomBytes(r, 2*chunkSize+100), randomBytes(r, 30))
	}
}

func TestTagSizes(t *testing.T) {
	block := newBlock(t, make([]byte, 32))
	var iv [12]byte
	tagOf := func() (*Stream, [16]byte) {
		a, _ := New(block, iv[:])
		b, _ := New(block, iv[:])
		return a, b.Tag([]byte("aad"))
	}
	for n := range 18 {
		s, tag := tagOf()
		long := append(tag[:], 0)
		err := s.Verify([]byte("aad"), long[:n])
		if ok := n >= 12 && n <= 16; ok != (err == nil) {
			t.Errorf("tag of %d bytes: %v", n, err)
		}
	}
	for i := range 16 {
		s, tag := tagOf()
		tag[i] ^= 1
		if s.Verify([]byte("aad"), tag[:]) != ErrTag {
			t.Errorf("tag with byte %d changed is accepted", i)
		}
	}
}

func TestBounds(t *testing.T) {
	block := newBlock(t, make([]byte, 16))
	if _, err := New(block, nil); err == nil {
		t.Error("empty IV accepted")
	}
	s, _ := New(block, make([]byte, 12))
	s.size = MaxSize - 1
	if err := s.Encrypt(make([]byte, 1), make([]byte, 1)); err != nil {
		t.Errorf("last allowed byte: %v", err)
	}
	if err := s.Encrypt(make([]byte, 1), make([]byte, 1)); err != ErrTooLong {
		t.Errorf("one byte too many: %v", err)
	}
}

func TestWycheproof(t *testing.T) {
	type vector struct {
		wycheproof.Case
		Key, IV, AAD, Msg, CT, Tag wycheproof.Hex
	}
	for _, g := range wycheproof.Load[struct{}, vector](t, "aes_gcm_test.json") {
		for _, v := range g.Tests {
			s, err := New(newBlock(t, v.Key), v.IV)
			if err != nil {
				v.Check(t, false)
				continue
			}
			plain := make([]byte, len(v.CT))
			if err := s.Decrypt(plain, v.CT); err != nil {
				t.Fatal(err)
			}
			v.Check(t, s.Verify(v.AAD, v.Tag) == nil && bytes.Equal(plain, v.Msg))
		}
	}
}

func FuzzAgainstOneShot(f *testing.F) {
	f.Add(uint64(1), 100, 20, 12)
	f.Add(uint64(2), chunkSize, 16, 16)
	f.Fuzz(func(t *testing.T, seed uint64, size, aad, iv int) {
		if size < 0 || size > 4*chunkSize || aad < 0 || aad > 2*chunkSize || iv < 1 || iv > 200 {
			t.Skip("outside the sizes of interest")
		}
		r := rand.New(rand.NewPCG(seed, 9))
		check(t, r, randomBytes(r, 16), randomBytes(r, iv), randomBytes(r, size), randomBytes(r, aad))
	})
}

func BenchmarkStream(b *testing.B) {
	block := newBlock(b, make([]byte, 32))
	buf := make([]byte, 1<<20)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		s, _ := New(block, make([]byte, 12))
		for c := buf; len(c) > 0; c = c[chunkSize:] {
			if err := s.Encrypt(c[:chunkSize], c[:chunkSize]); err != nil {
				b.Fatal(err)
			}
		}
		s.Tag(nil)
	}
}

func BenchmarkOneShot(b *testing.B) {
	aead, _ := cipher.NewGCM(newBlock(b, make([]byte, 32)))
	buf := make([]byte, 1<<20, 1<<20+16)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		aead.Seal(buf[:0], make([]byte, 12), buf, nil)
	}
}
