// Transfer encodings and line ends.

package smime

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"
	"testing"
)

// random returns n octets, the same ones each time.
func random(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

func TestBase64Writer(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 56, 57, 58, 114, 57 * 1024, 57*1024 - 1, 57*1024 + 1, 300000} {
		data := random(n)
		for _, step := range []int{1 << 20, 1000, 57} {
			var out bytes.Buffer
			w := newBase64Writer(&out)
			for p := data; len(p) > 0; {
				k := min(step, len(p))
				if m, err := w.Write(p[:k]); m != k || err != nil {
					t.Fatal(m, err)
				}
				p = p[k:]
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			var want strings.Builder
			for enc := base64.StdEncoding.EncodeToString(data); enc != ""; {
				k := min(76, len(enc))
				want.WriteString(enc[:k] + "\r\n")
				enc = enc[k:]
			}
			if out.String() != want.String() {
				t.Fatalf("%d octets in steps of %d: wrong lines", n, step)
			}
		}
	}
}

// TestBase64Text reads the lines at every kind of offset and length.
func TestBase64Text(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 56, 57, 58, 114, 115, 57 * lineBatch, 57*lineBatch + 1, 300000} {
		data := random(n)
		var want bytes.Buffer
		w := newBase64Writer(&want)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b := &base64Text{src: bytes.NewReader(data), size: int64(n)}
		if b.length() != int64(want.Len()) {
			t.Fatalf("%d octets: length %d, want %d", n, b.length(), want.Len())
		}
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 300 {
			off, p := r.IntN(want.Len()+1), make([]byte, r.IntN(100000))
			if i == 0 {
				off, p = 0, make([]byte, want.Len()+1)
			}
			k, err := b.ReadAt(p, int64(off))
			if most := min(len(p), want.Len()-off); k != most || (err == io.EOF) != (k < len(p)) || !bytes.Equal(p[:k], want.Bytes()[off:off+k]) {
				t.Fatalf("%d octets: ReadAt(%d, %d) = %d, %v", n, len(p), off, k, err)
			}
		}
	}
}

func TestDecodeBase64(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 47, 48, 57, 98303, 98304, 98305, 500000} {
		data := random(n)
		enc := base64.StdEncoding.EncodeToString(data)
		for name, wrapped := range map[string]string{
			"one line":        enc,
			"CRLF 76":         wrap(enc, 76, "\r\n"),
			"LF 64":           wrap(enc, 64, "\n"),
			"CRLF 5":          wrap(enc, 5, "\r\n"),
			"blanks after it": wrap(enc, 76, "\r\n") + strings.Repeat(" \t\r\n", 100000),
			"blanks":          wrap(enc, 76, " \t\r\n\r\n "),
		} {
			var out bytes.Buffer
			if err := decodeBase64(&out, strings.NewReader(wrapped)); err != nil || !bytes.Equal(out.Bytes(), data) {
				t.Errorf("%d octets, %s: %v", n, name, err)
			}
		}
	}
}

func wrap(s string, n int, end string) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + end)
		s = s[n:]
	}
	return b.String() + s + end
}

func TestDecodeBase64Refuses(t *testing.T) {
	for _, s := range []string{"AAA", "AAAA=", "AA==AAAA", "AAAA!AAA", "AAA=\r\n-- \r\nlist footer", "====", "A===", "AA==\r\nAAAA", "AA== \r\n" + strings.Repeat(" ", 300000) + "A", strings.Repeat("AAAA", 50000) + "\x00"} {
		if err := decodeBase64(io.Discard, strings.NewReader(s)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.20q: %v", s, err)
		}
	}
}

func TestQuoted(t *testing.T) {
	long := strings.Repeat("ä", 40000)
	for _, s := range []string{
		"", "plain\r\n", "ä = b\r\n", "blank \r\ntab\t\r\nend ", "From me\r\n.\r\n", strings.Repeat("x", 200) + "\r\n", long, long + "\r\n",
		"bare\rCR\nLF\r\r\n", "\x00\x01", strings.Repeat("x ", 100) + "\r\n", strings.Repeat("From ", 100), strings.Repeat(".", 100), strings.Repeat("a", 65535) + "\r\nb",
	} {
		var enc, dec bytes.Buffer
		if err := encodeQuoted(&enc, strings.NewReader(s)); err != nil {
			t.Fatal(err)
		}
		sh, err := measure(bytes.NewReader(enc.Bytes()))
		if err != nil || !sh.safe() {
			t.Errorf("%.20q: not safe: %+v %v\n%.200q", s, sh, err, enc.String())
		}
		for _, line := range strings.Split(enc.String(), "\r\n") {
			if line == "." {
				t.Errorf("%.20q: a line of one dot", s)
			}
		}
		if err := decodeQuoted(&dec, bytes.NewReader(enc.Bytes())); err != nil || dec.String() != s {
			t.Errorf("%.20q comes back as %.40q, %v", s, dec.String(), err)
		}
		theirs, err := io.ReadAll(quotedprintable.NewReader(&enc))
		if err != nil || string(theirs) != s {
			t.Errorf("%.20q: mime/quotedprintable reads %.40q, %v", s, theirs, err)
		}
	}
}

func TestDecodeQuotedTolerates(t *testing.T) {
	for in, want := range map[string]string{
		"a=3Db=3d": "a=b=", "a=\r\nb": "ab", "a=\nb": "ab", "a = b": "a = b", "a  \r\nb": "a\r\nb", "=ZZ": "=ZZ", "a=": "a=", "a= \r\nb": "ab",
	} {
		var out bytes.Buffer
		if err := decodeQuoted(&out, strings.NewReader(in)); err != nil || out.String() != want {
			t.Errorf("%q: %q, want %q (%v)", in, out.String(), want, err)
		}
	}
}

// TestDecodeQuotedAcrossReads moves an escape over the edge of the buffer.
func TestDecodeQuotedAcrossReads(t *testing.T) {
	for shift := range 6 {
		x := strings.Repeat("x", 64<<10-shift)
		for in, want := range map[string]string{x + "=41=42\r\n": x + "AB\r\n", x + "=\r\ny": x + "y", x + "=": x + "=", x + "=4": x + "=4"} {
			var out bytes.Buffer
			if err := decodeQuoted(&out, strings.NewReader(in)); err != nil || out.String() != want {
				t.Errorf("shift %d: %q, want %q (%v)", shift, out.String()[len(x):], want[len(x):], err)
			}
		}
	}
}

func TestToCRLF(t *testing.T) {
	long := strings.Repeat("x", 65536)
	for in, want := range map[string]string{
		"": "", "a\nb\n": "a\r\nb\r\n", "a\r\nb\n": "a\r\nb\r\n", "\n\n": "\r\n\r\n", "a\rb\n": "a\rb\r\n", "a\r\r\n": "a\r\r\n",
		long + "\n": long + "\r\n", long[1:] + "\r\nb": long[1:] + "\r\nb", long[1:] + "\r" + "x\n": long[1:] + "\rx\r\n",
	} {
		if got := toCRLF(t, []byte(in)); got != want {
			t.Errorf("%.20q gives %.20q", in, got)
		}
	}
}

func TestMeasure(t *testing.T) {
	long := strings.Repeat("x", 65536)
	for s, want := range map[string]shape{
		"":                     {},
		"a\r\nbc\r\n":          {size: 7, longest: 2},
		"a \r\n":               {size: 4, longest: 2, blankEnd: true},
		"a ":                   {size: 2, longest: 2},
		"x From \r\nFrom x":    {size: 15, longest: 7, blankEnd: true, from: true},
		"a\nb":                 {size: 3, longest: 1, bareEnd: true},
		"a\rb":                 {size: 3, longest: 3, bareEnd: true},
		"a\r":                  {size: 2, longest: 1, bareEnd: true},
		"\n":                   {size: 1, bareEnd: true},
		"ä\x00":                {size: 3, longest: 3, high: 2, nul: true},
		long + "\r\n":          {size: 65538, longest: 65536},
		long[1:] + "\r\n":      {size: 65537, longest: 65535},
		long[1:] + "\rx\r\n":   {size: 65539, longest: 65536, bareEnd: true},
		long + long + "a\r\nb": {size: 131076, longest: 131073},
	} {
		got, err := measure(strings.NewReader(s))
		if err != nil || got != want {
			t.Errorf("%.20q (%d): %+v, want %+v", s, len(s), got, want)
		}
	}
}

// TestOddButPlausible: CMS with an empty line too many, without its label, under two
// names, in the armour that openssl writes where it was not told to write mail.
func TestOddButPlausible(t *testing.T) {
	b := newBed(t, "rsa-2048")
	pem := crlf(b.run(t, crlf(hello), "cms", "-encrypt", "-binary", "-outform", "PEM", b.cert))
	old := strings.ReplaceAll(pem, " CMS-----", " PKCS7-----")
	lines := strings.SplitAfter(pem, "\r\n")
	base64 := strings.Join(lines[1:len(lines)-2], "")
	const pkcs7, encoded = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n", "Content-Transfer-Encoding: base64\r\n"
	named := func(name, filename string) string {
		return "Content-Type: application/octet-stream; name=" + name + "\r\n" + encoded + "Content-Disposition: attachment; filename=\"" + filename + "\"\r\n\r\n" + base64
	}
	for name, msg := range map[string]string{
		"an empty line":          pkcs7 + encoded + "\r\n\r\n" + base64,
		"and no label":           pkcs7 + "\r\n\r\n" + base64,
		"two, with LF":           strings.ReplaceAll(pkcs7+"\r\n\r\n\r\n"+base64, "\r\n", "\n"),
		"another file name":      named("smime.p7m", "encrypted.dat"),
		"another name":           named("encrypted.dat", "SMIME.P7M"),
		"armour":                 pkcs7 + "\r\n" + pem,
		"armour labelled base64": pkcs7 + encoded + "\r\n" + old,
		"armour, empty lines":    pkcs7 + encoded + "\r\n\r\n" + pem + "\r\n",
		"armour to the very end": pkcs7 + encoded + "\r\n" + strings.TrimSpace(pem),
		"armour with LF":         strings.ReplaceAll(pkcs7+"\r\n"+pem, "\r\n", "\n"),
	} {
		if m := opened(t, newSpool(t), msg, decryptionKey(b.c)); len(m.Layers) != 1 || m.Layers[0].Err != nil || text(t, m.Inner) != crlf(hello) {
			t.Errorf("%s: %+v, %v", name, m.Layers, m.Malformed)
		}
		below := opened(t, newSpool(t), "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"+msg+"\r\n--b--\r\n")
		if !below.PartialEncrypted {
			t.Errorf("%s: not seen below the root", name)
		}
	}
	for name, msg := range map[string]string{
		"text behind armour":   pkcs7 + encoded + "\r\n" + pem + "please pay\r\n",
		"text before armour":   pkcs7 + encoded + "\r\nplease pay\r\n" + pem,
		"another armour":       pkcs7 + encoded + "\r\n" + strings.ReplaceAll(pem, " CMS-----", " MESSAGE-----"),
		"armour without end":   pkcs7 + encoded + "\r\n" + strings.Join(lines[:len(lines)-2], ""),
		"nothing in armour":    pkcs7 + encoded + "\r\n-----BEGIN CMS-----\r\n-----END CMS-----\r\n",
		"one line, both marks": pkcs7 + encoded + "\r\n-----BEGIN CMS----------END CMS-----",
	} {
		if m := opened(t, newSpool(t), msg, decryptionKey(b.c)); m.Malformed == nil || m.Inner != m.Outer {
			t.Errorf("%s: %+v", name, m.Layers)
		}
	}
}
