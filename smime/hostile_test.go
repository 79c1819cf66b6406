// Messages made to be slow or large.

package smime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// countingReader counts what is read of it, which stands for the time that
// reading takes and does not depend on the machine.
type countingReader struct {
	*strings.Reader
	octets, calls int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.octets += int64(n)
	c.calls++
	return n, err
}

// TestHostileIsLinear opens messages made to be slow: no more is read than a few
// times their size, however large they are.
func TestHostileIsLinear(t *testing.T) {
	const head = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n"
	nested := func(n int) string {
		var s strings.Builder
		for i := range maxNesting {
			fmt.Fprintf(&s, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return s.String() + strings.Repeat("x", n)
	}
	for name, text := range map[string]func(n int) string{
		"boundary in the middle of lines": func(n int) string { return head + strings.Repeat("x--b", n/4) },
		"longer boundaries":               func(n int) string { return head + strings.Repeat("\r\n--bx", n/6) },
		"blanks after boundaries":         func(n int) string { return head + strings.Repeat("\n--b          x", n/15) },
		"delimiters":                      func(n int) string { return head + strings.Repeat("--b\n", n/4) },
		"empty lines":                     func(n int) string { return head + strings.Repeat("\r\n", n/2) },
		"nested multiparts":               nested,
		"one header":                      func(n int) string { return strings.Repeat("A: b\r\n ", n/7) },
		"half a delimiter":                func(n int) string { return head + "--b\r\n\r\n" + strings.Repeat("\r\n-", n/3) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1 << 20, 4 << 20} {
				r := &countingReader{Reader: strings.NewReader(text(size))}
				m, err := Open(t.Context(), r, r.Size(), OpenOptions{Spool: newSpool(t)})
				if err != nil {
					t.Fatal(err)
				}
				m.Close()
				most := int64(5)
				if name == "nested multiparts" {
					most = maxNesting + 2
				}
				if r.octets > most*r.Size() || r.calls > 100+r.octets/(8<<10) {
					t.Errorf("%d octets: %d read in %d calls", r.Size(), r.octets, r.calls)
				}
			}
		})
	}
}

// TestManyPartsAreRead in proportion, each with a read of its own.
func TestManyPartsAreRead(t *testing.T) {
	msg := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n\r\n", maxParts) + "--b--"
	r := &countingReader{Reader: strings.NewReader(msg)}
	e, err := ParseEntity(r, r.Size())
	if err != nil {
		t.Fatal(err)
	}
	if parts, err := e.Parts(); err != nil || len(parts) != maxParts || r.calls > maxParts+100 {
		t.Errorf("%d parts in %d reads: %v", len(parts), r.calls, err)
	}
}

// TestDecompressionBound: compressed layers may expand to the bound, all
// together, and not beyond.
func TestDecompressionBound(t *testing.T) {
	const size = 100 << 10
	once := compressedEntity(t, crlf(hello)+strings.Repeat("x", size-len(crlf(hello))))
	twice := compressedEntity(t, once)
	for _, c := range []struct {
		name string
		msg  string
		most int64
		ok   bool
	}{
		{"at the bound", once, size, true},
		{"over it", once, size - 1, false},
		{"two layers at the bound", twice, size + int64(len(once)), true},
		{"two layers over it", twice, size + int64(len(once)) - 1, false},
	} {
		m, err := Open(t.Context(), strings.NewReader(c.msg), int64(len(c.msg)), OpenOptions{Spool: newSpool(t), MaxExpanded: c.most})
		if err != nil {
			t.Fatal(err)
		}
		if ok := m.Malformed == nil && m.Inner.Size() == size; ok != c.ok {
			t.Errorf("%s: %v, %d octets", c.name, m.Malformed, m.Inner.Size())
		}
		m.Close()
	}
}

// TestUnfoldingIsBoundedBySize: compressed layers become at most so many times as much as
// the message has; a small one may have more.
func TestUnfoldingIsBoundedBySize(t *testing.T) {
	for size, least := range map[int]int{minExpanded: 0, minExpanded + 1: minExpanded/maxExpandedPerByte + 1, 2 * minExpanded: 2*minExpanded/maxExpandedPerByte + 1} {
		bomb := compressedEntity(t, crlf(hello)+strings.Repeat("x", size-len(crlf(hello))))
		for _, less := range []int{0, 1} {
			const field = "X-Padding: \r\n"
			msg := strings.Replace(field, " ", strings.Repeat(" ", max(0, least-less-len(bomb)-len(field)+1)), 1) + bomb
			m, err := Open(t.Context(), strings.NewReader(msg), int64(len(msg)), OpenOptions{Spool: newSpool(t)})
			if err != nil {
				t.Fatal(err)
			}
			closing(t, m)
			if malformed := least > 0 && less > 0; errors.Is(m.Malformed, cms.ErrTooLarge) != malformed {
				t.Errorf("%d octets of %d: %v", size, len(msg), m.Malformed)
			}
		}
	}
}

// TestHashingBound: what signatures of all layers make us hash and copy is bounded,
// also where there is no certificate to check them with.
func TestHashingBound(t *testing.T) {
	c := issue(t, "p256")
	o := signOptions(newSpool(t), c)
	o.Opaque = true
	opaque := func(content string) string {
		e, err := Sign(context.Background(), parse(t, content), o)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		return text(t, e)
	}
	once := opaque(crlf(hello))
	size := int64(len(crlf(hello)))
	detached := signedEntity(t, newSpool(t), c, hello)
	for _, k := range []struct {
		name   string
		msg    string
		most   int64
		layers int
	}{
		{"opaque, at the bound", once, 2 * size, 1}, // hashed and copied
		{"over it", once, 2*size - 1, 0},
		{"detached, at the bound", detached, size, 1},
		{"over it", detached, size - 1, 0},
		{"two layers, at the bound", opaque(once), 2 * (size + int64(len(once))), 2},
		{"over it", opaque(once), 2*(size+int64(len(once))) - 1, 1},
	} {
		e := parse(t, k.msg)
		op := &opener{ctx: t.Context(), o: OpenOptions{MaxDepth: maxLayers, Spool: newSpool(t)}, m: &Message{Outer: e, Inner: e}, hash: k.most}
		if err := op.open(); err != nil {
			t.Fatal(err)
		}
		closing(t, op.m)
		good := slices.DeleteFunc(op.m.Layers, func(l Layer) bool { return l.Err != nil })
		if len(good) != k.layers || (op.m.Malformed == nil) != strings.Contains(k.name, "at the bound") {
			t.Errorf("%s: %d layers, %v", k.name, len(good), op.m.Malformed)
		}
	}
	op := &opener{hash: hashed(maxExpanded, 0)} // six layers of what a bomb becomes, none of them with a certificate
	for layer := range 6 {
		if err := op.spend(1, maxExpanded); (err != nil) != (layer >= 2) {
			t.Errorf("layer %d: %v", layer, err)
		}
	}
}

// TestBodyIsReadThroughErrors: a reader that fails in the body is a fault of ours.
func TestBodyIsReadThroughErrors(t *testing.T) {
	const msg = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	r := failingAfter{strings.NewReader(msg + strings.Repeat("x", 100<<10)), 50 << 10}
	_, err := Open(t.Context(), r, r.Size(), OpenOptions{Spool: newSpool(t)})
	if !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

type failingAfter struct {
	*strings.Reader
	n int64
}

func (f failingAfter) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.n {
		return 0, errBroken
	}
	return f.Reader.ReadAt(p, off)
}

var _ io.ReaderAt = failingAfter{}

// TestBombHasOnlyItsShare: compressed layers that unfold to more than a quarter of the
// spool's limit are malformed, give back what they took, and leave the rest to others.
func TestBombHasOnlyItsShare(t *testing.T) {
	const limit = 4 << 20
	for size, malformed := range map[int]bool{limit / 4: false, limit/4 + 1: true, 2 * limit: true} {
		sp, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		bomb := compressedEntity(t, crlf(hello)+strings.Repeat("x", size-len(crlf(hello))))
		m, err := Open(t.Context(), strings.NewReader(bomb), int64(len(bomb)), OpenOptions{Spool: sp.Share()})
		if err != nil {
			t.Fatalf("%d octets: %v", size, err)
		}
		if errors.Is(m.Malformed, spool.ErrShare) != malformed || sp.Used() > limit/4 {
			t.Errorf("%d octets: %v, %d of the spool in use", size, m.Malformed, sp.Used())
		}
		if err := m.Close(); err != nil || sp.Used() != 0 {
			t.Errorf("%d octets: %d still in use, %v", size, sp.Used(), err)
		}
	}
}
