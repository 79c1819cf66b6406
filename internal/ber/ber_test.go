// Tests of the BER reader: what it reads, what it refuses, and where it says so.

package ber

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func reader(b []byte) *Reader { return NewReader(bytes.NewReader(b), int64(len(b))) }

// TestDER turns BER into the one encoding of DER.
func TestDER(t *testing.T) {
	for in, want := range map[string]string{
		"0500":                      "0500",
		"0481017f":                  "04017f",     // longer length than needed
		"04850000000001ff":          "0401ff",     // with leading zeros
		"30800201010000":            "3003020101", // indefinite
		"2480040161040162" + "0000": "04026162",   // string in segments
		"24060401612401":            "",           // a length beyond
		"2406040161040162":          "04026162",
		"31060201020201" + "01":     "3106020101020102", // sorted
		"a0800401010000":            "a003040101",
		"308030800000" + "0000":     "30023000",
	} {
		got, err := DER(unhex(t, in))
		if want == "" {
			if err == nil {
				t.Errorf("%s: %x", in, got)
			}
			continue
		}
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, %v; want %s", in, got, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for in, offset := range map[string]int64{
		"":                       0,
		"30":                     0,
		"1f8101":                 0, // high tag number
		"0280020100":             0, // primitive of indefinite length
		"0000":                   0, // end of contents alone
		"30020000":               2, // and in a definite value
		"3003020201":             2, // longer than what is around
		"0489000000000000000001": 0, // length of the length
		"04887fffffffffffffff":   0, // enormous
		"0488ffffffffffffffff":   0, // negative, if one is careless
		"3080020101":             5, // no end
		"308002010100":           5, // half an end
		"3080020101000001":       7, // something after
		"2480020101" + "0000":    2, // no string among the segments
	} {
		got, err := DER(unhex(t, in))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %x, %v", in, got, err)
		} else if e.Offset != offset {
			t.Errorf("%s: %v, want offset %d", in, e, offset)
		}
	}
}

// TestDepth goes to the bound and one beyond, entering and skipping.
func TestDepth(t *testing.T) {
	nested := func(n int) []byte {
		return append(bytes.Repeat([]byte{0x30, 0x80}, n), make([]byte, 2*n)...)
	}
	for n, ok := range map[int]bool{1: true, MaxDepth - 1: true, MaxDepth: true, MaxDepth + 1: false, 100_000: false} {
		if _, err := DER(nested(n)); ok != (err == nil) {
			t.Errorf("DER of %d levels: %v", n, err)
		}
		r := reader(nested(n))
		if _, _, err := r.Skip(); ok != (err == nil) {
			t.Errorf("skip of %d levels: %v", n, err)
		}
	}
}

func TestSmallValues(t *testing.T) {
	r := reader(unhex(t, "300d06032a0304"+"0281020080"+"02017f"))
	if err := r.Enter(cbasn1.SEQUENCE); err != nil {
		t.Fatal(err)
	}
	if id, err := r.OID(); err != nil || !id.Equal(asn1.ObjectIdentifier{1, 2, 3, 4}) {
		t.Errorf("%v, %v", id, err)
	}
	for _, want := range []int64{128, 127} {
		if n, err := r.Int(); err != nil || n.Int64() != want {
			t.Errorf("%v, %v", n, err)
		}
	}
	if err := r.Leave(); err != nil {
		t.Error(err)
	}
	for _, in := range []string{"0200", "020200" + "01", "040101", "0601" + "80", "028201" + "01"} {
		r := reader(unhex(t, in))
		if n, err := r.Int(); err == nil {
			t.Errorf("%s is %v", in, n)
		}
	}
	long := append([]byte{2, 0x82, 0x10, 1, 1}, make([]byte, smallValue)...)
	var bound *Error
	if _, err := reader(long).Int(); !errors.As(err, &bound) || !bound.Bound {
		t.Errorf("an INTEGER of one byte more than the bound: %v", err)
	}
	exact := append([]byte{2, 0x82, 0x10, 0, 1}, make([]byte, smallValue-1)...)
	if _, err := reader(exact).Int(); err != nil {
		t.Errorf("an INTEGER of as many bytes as the bound: %v", err)
	}
}

func TestRawLimit(t *testing.T) {
	b := unhex(t, "30040401610500")
	for limit, ok := range map[int64]bool{5: false, 6: true, 7: true} {
		if raw, err := reader(b).Raw(limit); ok != (err == nil) || ok && len(raw) != 6 {
			t.Errorf("limit %d: %x, %v", limit, raw, err)
		}
	}
	o, err := reader(unhex(t, "2406040161040162")).Octets(cbasn1.OCTET_STRING)
	if err != nil {
		t.Fatal(err)
	}
	for limit, ok := range map[int64]bool{1: false, 2: true} {
		if got, err := o.Bytes(limit); ok != (err == nil) || ok && string(got) != "ab" {
			t.Errorf("limit %d: %q, %v", limit, got, err)
		}
	}
}

// TestOctetsReader reads in every size of step, twice.
func TestOctetsReader(t *testing.T) {
	var in []byte
	var want []byte
	for n := range 300 {
		part := bytes.Repeat([]byte{byte(n)}, n*n%5000)
		want = append(want, part...)
		in = append(in, append(append([]byte{4}, derLength(int64(len(part)))...), part...)...)
	}
	in = append(append([]byte{0x24, 0x80}, in...), 0, 0)
	r := reader(append(in, 5, 0))
	o, err := r.Octets(cbasn1.OCTET_STRING)
	if err != nil || o.Size() != int64(len(want)) || r.Offset() != int64(len(in)) {
		t.Fatalf("size %d, offset %d, %v", o.Size(), r.Offset(), err)
	}
	for range 2 {
		if err := iotest.TestReader(o.NewReader(), want); err != nil {
			t.Error(err)
		}
	}
	got, err := io.ReadAll(iotest.HalfReader(o.NewReader()))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// shrinking loses its second half between the look at the segments and the reading.
type shrinking struct {
	b    []byte
	lost bool
}

func (s *shrinking) ReadAt(p []byte, off int64) (int, error) {
	b := s.b
	if s.lost {
		b = b[:len(b)/2]
	}
	return bytes.NewReader(b).ReadAt(p, off)
}

func TestReadErrors(t *testing.T) {
	segment := append([]byte{4, 0x82, 0x40, 0}, make([]byte, 0x4000)...)
	s := &shrinking{b: append(append([]byte{0x24, 0x80}, bytes.Repeat(segment, 10)...), 0, 0)}
	o, err := NewReader(s, int64(len(s.b))).Octets(cbasn1.OCTET_STRING)
	if err != nil {
		t.Fatal(err)
	}
	s.lost = true
	if _, err := io.ReadAll(o.NewReader()); err == nil {
		t.Error("lost content was not noticed")
	}
}

// FuzzDER: what is read once can be read again, and means the same.
func FuzzDER(f *testing.F) {
	files, err := filepath.Glob("../../smime/cms/testdata/interop/*/*.der")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d seeds, %v", len(files), err)
	}
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		der, err := DER(in)
		var e *Error
		if err != nil {
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(in)) {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := DER(der)
		if err != nil || !bytes.Equal(der, again) {
			t.Fatalf("%x, then %x, %v", der, again, err)
		}
	})
}
