// Base64 decoded where it is read.

package smime

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func section(s string) *io.SectionReader {
	return io.NewSectionReader(strings.NewReader(s), 0, int64(len(s)))
}

// TestBase64Lines reads at every kind of offset and length.
func TestBase64Lines(t *testing.T) {
	for _, n := range []int{48, 49, 57, 58, 59, 114, 1000, 300000, 300001} {
		data := random(n)
		enc := base64.StdEncoding.EncodeToString(data)
		for name, text := range map[string]string{
			"CRLF 76": wrap(enc, 76, "\r\n"), "LF 64": wrap(enc, 64, "\n"), "no line end": strings.TrimRight(wrap(enc, 60, "\r\n"), "\r\n"),
			"empty lines after it": wrap(enc, 76, "\r\n") + "\r\n\n", "CRLF 4": wrap(enc, 4, "\r\n"),
		} {
			b, err := regularBase64(section(text))
			if err != nil || b == nil {
				if strings.Contains(text, "\n") {
					t.Fatalf("%d octets, %s: not regular, %v", n, name, err)
				}
				continue
			}
			if b.size != int64(n) {
				t.Fatalf("%d octets, %s: size %d", n, name, b.size)
			}
			whole, err := io.ReadAll(io.NewSectionReader(b, 0, b.size))
			if err != nil || !bytes.Equal(whole, data) {
				t.Fatalf("%d octets, %s: %v", n, name, err)
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 200 {
				off := r.IntN(n)
				p := make([]byte, 1+r.IntN(min(n, 70000)))
				k, err := b.ReadAt(p, int64(off))
				if want := min(len(p), n-off); k != want || (err == io.EOF) != (k < len(p)) || !bytes.Equal(p[:k], data[off:off+k]) {
					t.Fatalf("%d octets, %s: ReadAt(%d, %d) = %d, %v", n, name, len(p), off, k, err)
				}
			}
		}
	}
}

// TestBase64LinesRefuses: what is not regular is refused at the beginning or when
// it is read, never decoded to something else.
func TestBase64LinesRefuses(t *testing.T) {
	enc := base64.StdEncoding.EncodeToString(random(1000))
	good := wrap(enc, 76, "\r\n")
	for name, text := range map[string]string{
		"nothing":               "",
		"one line":              enc,
		"longer line":           good[:80] + "AAAA" + good[80:],
		"shorter line":          good[:78] + good[82:],
		"LF among CRLF":         strings.Replace(good, "\r\n", "\n", 3),
		"other character":       strings.Replace(good, good[100:101], "!", 1),
		"padding in the middle": good[:152] + "AA==" + good[156:],
		"padding and more":      strings.TrimRight(good, "\r\n") + "AAAA\r\n",
		"missing padding":       strings.TrimRight(good, "=\r\n") + "\r\n",
		"too much padding":      good[:len(good)-6] + "====\r\n",
		"NUL for a line end":    strings.Replace(good, "\r\n", "\x00\n", 1),
		"NUL in a later end":    good[:154] + "\x00" + good[155:],
		"text in a later end":   good[:154] + "A" + good[155:],
		"text after it":         good + "-- \r\nlist footer\r\n",
		"blank lines between":   good[:78] + "\r\n" + good[78:],
	} {
		b, err := regularBase64(section(text))
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			continue
		}
		if out, err := io.ReadAll(io.NewSectionReader(b, 0, b.size)); !errors.Is(err, errIrregular) {
			t.Errorf("%s: %d octets, %v", name, len(out), err)
		}
	}
}

// TestIrregularBase64IsOpened all the same.
func TestIrregularBase64IsOpened(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	sealed := sealedEntity(t, sp, c, "aes-256-cbc", crlf(hello)+strings.Repeat("0123456789\r\n", 30000))
	head, body, _ := strings.Cut(sealed, "\r\n\r\n")
	at := len(body) / 2 / 78 * 78
	for name, msg := range map[string]string{
		"regular":           sealed,
		"one line cut up":   head + "\r\n\r\n" + body[:at+10] + "\r\n" + body[at+10:],
		"one long line":     head + "\r\n\r\n" + strings.ReplaceAll(body, "\r\n", ""),
		"blanks in a line":  head + "\r\n\r\n" + body[:at+10] + " \t" + body[at+10:],
		"empty line in it":  head + "\r\n\r\n" + body[:at] + "\r\n" + body[at:],
		"last lines of one": head + "\r\n\r\n" + body[:at] + strings.ReplaceAll(body[at:], "\r\n", "\n"),
	} {
		m := opened(t, sp, msg, decryptionKey(c))
		if len(m.Layers) != 1 || m.Layers[0].Err != nil || !strings.HasSuffix(text(t, m.Inner), "0123456789\r\n") {
			t.Errorf("%s: %d layers, %v, %v", name, len(m.Layers), m.Malformed, m.Undecryptable)
		}
	}
	footer := opened(t, sp, sealed+"-- \r\nlist footer\r\n", decryptionKey(c))
	if footer.Malformed != nil || !footer.LeftOut || !strings.HasSuffix(text(t, footer.Inner), "0123456789\r\n") {
		t.Errorf("with a footer: %v", footer.Malformed)
	}
}

// FuzzBase64Lines: what is read lazily is what decodeBase64 gives.
func FuzzBase64Lines(f *testing.F) {
	for _, s := range []string{"QUJD\r\nREVG\r\n", "QUJD\nREVG\nRw==", "QUJD\r\nRE==\r\n", "QUJDREVG\r\nQUJD\r\n\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := regularBase64(section(text))
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			return
		}
		lazy, err := io.ReadAll(io.NewSectionReader(b, 0, b.size))
		if err != nil {
			if !errors.Is(err, errIrregular) {
				t.Fatal(err)
			}
			return
		}
		var whole bytes.Buffer
		if err := decodeBase64(&whole, strings.NewReader(text)); err != nil || !bytes.Equal(whole.Bytes(), lazy) {
			t.Errorf("%q lazily, %q whole, %v", lazy, whole.Bytes(), err)
		}
	})
}

// TestIrregularEverywhere cuts one line after the other in two: in the structure,
// in the content, at the end.
func TestIrregularEverywhere(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	o := signOptions(sp, c)
	o.Opaque = true
	opaque, err := Sign(context.Background(), parse(t, crlf(hello)), o)
	if err != nil {
		t.Fatal(err)
	}
	defer opaque.Close()
	for name, msg := range map[string]string{"enveloped": sealedEntity(t, sp, c, "aes-256-cbc", crlf(hello)), "opaque": text(t, opaque)} {
		head, body, _ := strings.Cut(msg, "\r\n\r\n")
		for at := 40; at < len(body)-4; at += 78 {
			m := opened(t, sp, head+"\r\n\r\n"+body[:at]+"\r\n"+body[at:], decryptionKey(c))
			if len(m.Layers) != 1 || m.Layers[0].Err != nil || text(t, m.Inner) != crlf(hello) {
				t.Errorf("%s, cut at %d: %v, %v", name, at, m.Malformed, m.Undecryptable)
			}
		}
	}
}
