// CompressedData: what it expands to, and where it stops.

package cms

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"testing"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

func compressedWith(algorithm, stream []byte) []byte {
	return contentInfoOf(oid.CompressedData, der(cbasn1.SEQUENCE, derInt(0), algorithm,
		der(cbasn1.SEQUENCE, derOID(oid.Data), der(explicit(0), derOctets(stream)))))
}

func zlibOf(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecompress(t *testing.T) {
	content := bytes.Repeat([]byte("0"), 1_000_000) // a thousandfold
	stream := zlibOf(t, content)
	c := parse(t, compressedWith(derAlgorithm(oid.ZLIB), stream)).Compressed
	for limit, want := range map[int64]error{0: ErrTooLarge, 999_999: ErrTooLarge, 1_000_000: nil, 1_000_001: nil} {
		var out bytes.Buffer
		err := c.Decompress(&out, limit)
		if !errors.Is(err, want) || want == nil && (err != nil || !bytes.Equal(out.Bytes(), content)) || int64(out.Len()) > limit {
			t.Errorf("limit %d: %d bytes, %v", limit, out.Len(), err)
		}
	}
	if err := c.Decompress(&failingWriter{10}, 1<<30); err != errRead {
		t.Errorf("writer fails: %v", err)
	}
	damaged := bytes.Clone(stream)
	damaged[len(damaged)-1]++
	for name, m := range map[string]struct {
		message []byte
		want    error
	}{
		"damaged":   {compressedWith(derAlgorithm(oid.ZLIB), damaged), ErrMalformed},
		"cut short": {compressedWith(derAlgorithm(oid.ZLIB), stream[:100]), ErrMalformed},
		"no zlib":   {compressedWith(derAlgorithm(oid.ZLIB), []byte("plain text")), ErrMalformed},
		"empty":     {compressedWith(derAlgorithm(oid.ZLIB), nil), ErrMalformed},
		"unknown":   {compressedWith(derAlgorithm(oid.Data), stream), ErrUnsupported},
	} {
		if err := parse(t, m.message).Compressed.Decompress(io.Discard, 1<<30); !errors.Is(err, m.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	parseError(t, contentInfoOf(oid.CompressedData, der(cbasn1.SEQUENCE, derInt(0), derAlgorithm(oid.ZLIB), der(cbasn1.SEQUENCE, derOID(oid.Data)))))
}
