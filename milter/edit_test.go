package milter

// This file is edits in place and the new body.

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sealgate/gateway"
	"sealgate/spool"
)

// TestEditsInPlace applies random edits as Postfix would, and compares with the
// plain reading of what gateway.HeaderEdit says.
func TestEditsInPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var received []string
		for range r.IntN(12) + 1 {
			received = append(received, someNames[r.IntN(len(someNames))])
		}
		sameAsPlain(t, received, randomEdits(r, len(received), received))
	}
}

var someNames = []string{"Received", "X-A", "x-a", "Subject", "X-B"}

// FuzzEdits does the same with fields and edits that the fuzzer thinks of: two octets
// for each edit.
func FuzzEdits(f *testing.F) {
	f.Add([]byte("\x05abcde\x00\x01\x01\x02\x02\x00\x03\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var received []string
		for len(data) > 0 && len(received) < 12 && data[0] != 0 {
			received, data = append(received, someNames[int(data[0])%len(someNames)]), data[1:]
		}
		var edits []gateway.HeaderEdit
		touched := map[int]bool{}
		for k := 1; k+1 < len(data) && len(received) > 0; k += 2 {
			e := gateway.HeaderEdit{Op: gateway.EditOp(data[k] % 4), Index: int(data[k+1]) % len(received), Name: "X-N", Value: fmt.Sprint(" ", k)}
			if e.Op <= gateway.ReplaceField {
				if touched[e.Index] {
					continue
				}
				touched[e.Index], e.Name = true, received[e.Index]
			}
			edits = append(edits, e)
		}
		sameAsPlain(t, received, edits)
	})
}

// sameAsPlain compares what Postfix makes of the operations with the plain reading.
func sameAsPlain(t *testing.T, received []string, edits []gateway.HeaderEdit) {
	t.Helper()
	p := &postfix{}
	for i, n := range received {
		p.fields = append(p.fields, fmt.Sprintf("%s: v%d", n, i))
	}
	want := plain(p.fields, edits)
	var frames []frame
	for _, o := range operations(received, edits) {
		index := string([]byte{0, 0, byte(o.index >> 8), byte(o.index)})
		data := map[byte]string{'m': index + o.name + "\x00" + o.value + "\x00", 'i': index + o.name + "\x00" + o.value + "\x00", 'h': o.name + "\x00" + o.value + "\x00"}[o.code]
		frames = append(frames, frame{o.code, data})
	}
	p.apply(t, frames)
	if !slices.Equal(p.fields, want) {
		t.Fatalf("received %q, edits %+v:\ngot  %q\nwant %q", received, edits, p.fields, want)
	}
}

// randomEdits touches each field at most once.
func randomEdits(r *rand.Rand, n int, received []string) (edits []gateway.HeaderEdit) {
	for i := range n {
		switch r.IntN(4) {
		case 0:
			edits = append(edits, gateway.HeaderEdit{Op: gateway.DeleteField, Index: i, Name: received[i]})
		case 1:
			edits = append(edits, gateway.HeaderEdit{Op: gateway.ReplaceField, Index: i, Name: received[i], Value: fmt.Sprint(" r", i)})
		}
	}
	for k := range r.IntN(4) {
		edits = append(edits, gateway.HeaderEdit{Op: gateway.InsertField, Index: r.IntN(n), Name: "X-I", Value: fmt.Sprint(" i", k)})
	}
	for k := range r.IntN(3) {
		edits = append(edits, gateway.HeaderEdit{Op: gateway.AppendField, Name: "X-N", Value: fmt.Sprint(" n", k)})
	}
	r.Shuffle(len(edits), func(i, j int) {
		if edits[i].Op != edits[j].Op { // the order among insertions counts
			edits[i], edits[j] = edits[j], edits[i]
		}
	})
	return edits
}

func plain(fields []string, edits []gateway.HeaderEdit) (out []string) {
	for i := 0; i <= len(fields); i++ {
		keep := true
		for _, e := range edits {
			if e.Op == gateway.InsertField && e.Index == i {
				out = append(out, e.Name+":"+e.Value)
			}
		}
		for _, e := range edits {
			line := e.Name + ":" + e.Value
			switch {
			case e.Op == gateway.AppendField && i == len(fields):
				out = append(out, line)
			case e.Op == gateway.DeleteField && e.Index == i:
				keep = false
			case e.Op == gateway.ReplaceField && e.Index == i:
				keep = false
				out = append(out, line)
			}
		}
		if keep && i < len(fields) {
			out = append(out, fields[i])
		}
	}
	return out
}

// TestBodyChunks: one run of chunks, none above 64 KiB, none that ends between
// CR and LF, so that go-milter's CRLF to LF loses nothing.
func TestBodyChunks(t *testing.T) {
	sp, err := spool.New(spool.Options{Dir: t.TempDir(), Memory: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 65534, 65535, 65536, 131070, 131071, 200000} {
		for _, text := range []string{strings.Repeat("a", max(0, size-2)) + "\r\n", strings.Repeat("\r\n", size/2), strings.Repeat("x\r\n", size/3), "y" + strings.Repeat("\r\n", size/2)} {
			e := &engine{do: func(_ context.Context, env gateway.Envelope) (*gateway.Outcome, error) {
				body := sp.Create()
				io.WriteString(body, text)
				return &gateway.Outcome{
					Deliveries: []gateway.Delivery{{To: env.To, Body: body.NewReader()}}, Owned: gateway.Owned{body},
				}, nil
			}}
			m := dial(t, serve(t, &Server{Processor: e, Spool: sp}))
			m.connect("127.0.0.1")
			p := &postfix{}
			list := m.deliver(simple("b@firma.example"))
			p.apply(t, list)
			if want := strings.ReplaceAll(text, "\r\n", "\n"); p.body.String() != want {
				t.Errorf("%d octets: %d came, want %d", size, p.body.Len(), len(want))
			}
			for _, f := range list {
				if len(f.data) > bodyChunk {
					t.Errorf("a chunk of %d", len(f.data))
				}
			}
			m.c.Close()
		}
	}
}
