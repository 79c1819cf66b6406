// Prepare, Legalize and TextOnly: what is written anew, and what stays.

package smime

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
)

// isOrder stands for what a caller wants left out.
func isOrder(f Field) bool { return strings.HasPrefix(f.Name, "X-Crypt-") }

func prepared(t *testing.T, msg string) string {
	t.Helper()
	sp := newSpool(t)
	e, err := Prepare(context.Background(), parse(t, msg), PrepareOptions{Omit: isOrder, Spool: sp})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if s, err := measure(e.Section()); err != nil || !s.safe() {
		t.Errorf("not safe: %+v %v\n%s", s, err, text(t, e))
	}
	onlyContentFields(t, e)
	return text(t, e)
}

func TestPrepare(t *testing.T) {
	for _, c := range []struct{ name, msg, want string }{
		{"stays", "From: a\nMIME-Version: 1.0\nContent-Type: text/plain\nX-SMIME-Sign: yes\n\nhello\n", "Content-Type: text/plain\n\nhello\n"},
		{"no content type", "From: a\n\nhello\n", "Content-Type: text/plain\n\nhello\n"},
		{"no content type, no text", "From: a\n\n", "Content-Type: text/plain\n\n"},
		{
			"no content type, UTF-8", "From: a\n\nfür euch\n",
			"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nf=C3=BCr euch\n",
		},
		{
			"no content type, Latin-1", "From: a\n\nf\xfcr euch\n",
			"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nf=FCr euch\n",
		},
		{
			"no content type, UTF-8 that ends in a letter", "From: a\n\neuch für\xc3",
			"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\neuch f=C3=BCr=C3",
		},
		{
			"no content type, base64 label that lies", "Content-Transfer-Encoding: base64\n\nfür euch!\n",
			"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nf=C3=BCr euch!\n",
		},
		{"a part without content type", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b--\n", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b--\n"},
		{
			"8bit text", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße an alle\n",
			"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe an alle\n",
		},
		{"label 8bit on ASCII", "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\nhello\n", "Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n\nhello\n"},
		{
			"label 7bit that lies", "Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n\nGrüße an alle\n",
			"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe an alle\n",
		},
		{
			"label base64 that lies", "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nGrüße an alle!\n",
			"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe an alle!\n",
		},
		{"blank at the end", "\nhello \n", "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nhello=20\n"},
		{"From", "\nFrom here\n", "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n=46rom here\n"},
		{"binary data", "Content-Type: image/png\nContent-Transfer-Encoding: binary\n\n\x89PNG\x00", "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORwA=\n"},
		{
			"long base64 lines", "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("AAAA", 25) + "\n",
			"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("AAAA", 19) + "\n" + strings.Repeat("AAAA", 6) + "\n",
		},
		{"quoted-printable with blanks", "Content-Transfer-Encoding: quoted-printable\n\na=C3=BC \n=20\n", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\na=C3=BC\n=20\n"},
		{
			"what the caller omits, in a part", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nX-Crypt-Sign: yes\nX-SMIME-Sign: yes\n\nhello\n--b--\n",
			"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nX-SMIME-Sign: yes\n\nhello\n--b--\n",
		},
		{
			"preamble, padding, epilogue", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\nGrüße\n--b  \n\nhello\n--b--  \nFrom me\n",
			"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 7bit\n\n--b\n\nhello\n--b--\n",
		},
		{
			"text around safe parts, at two levels", "Content-Type: multipart/mixed; boundary=b\n\nline 1\nline 2\n--b\nContent-Type: multipart/alternative; boundary=c\n\nx\n--c\n\nhello\n--c--\n\n\n--b--\n\n",
			"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nhello\n--c--\n\n--b--\n",
		},
		{"binary data of safe lines", "Content-Type: a/b\nContent-Transfer-Encoding: binary\n\nx\n", "Content-Type: a/b\nContent-Transfer-Encoding: base64\n\neA0K\n"},
		{"message in it that fits", "Content-Type: message/rfc822\n\nFrom: a\nX-SMIME-Status: x\n\nhello\n", "Content-Type: message/rfc822\n\nFrom: a\nX-SMIME-Status: x\n\nhello\n"},
		{
			"message in it that does not fit", "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nFrom: a\nX-SMIME-Status: x\n\nfür euch alle\n",
			"Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nFrom: a\nX-SMIME-Status: x\nContent-Transfer-Encoding: quoted-printable\n\nf=C3=BCr euch alle\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := prepared(t, crlf(c.msg)); got != crlf(c.want) {
				t.Errorf("got  %q\nwant %q", got, crlf(c.want))
			}
		})
	}
}

func TestPrepareKeepsWhatIsSigned(t *testing.T) {
	sealed := crlf("Content-Type: multipart/signed; boundary=s\nX-Crypt-Sign: yes\n\n--s\nContent-Type: text/plain\n\nhello \nFrom here\n--s\nContent-Type: application/pkcs7-signature\n\nx\n--s--")
	sp := newSpool(t)
	e, err := Prepare(context.Background(), parse(t, crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n")+sealed+crlf("\n--b\n\nüüü und mehr\n--b--\n")), PrepareOptions{Omit: isOrder, Spool: sp})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	want := strings.Replace(sealed, "X-Crypt-Sign: yes\r\n", "", 1)
	if got := text(t, e); !strings.Contains(got, want) || strings.Contains(got, "ü") {
		t.Errorf("got %q", got)
	}
}

func TestPrepareRefuses(t *testing.T) {
	sp := newSpool(t)
	_, err := Prepare(context.Background(), parse(t, "Content-Type: multipart/mixed; boundary=b\r\n\r\nno boundary, fünf\r\n"), PrepareOptions{Spool: sp})
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("a multipart without its boundary: %v", err)
	}
}

func TestLegalize(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, c := range []struct{ name, msg, want string }{
		{"legal", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße \r\n", "="},
		{"line at the bound", "\r\n" + long + "\r\n", "="},
		{"line over it", "\r\nü" + long + "\r\n", "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC" + strings.Repeat("x", 69) + "=\r\n"},
		{"NUL", "Content-Type: text/plain\r\n\r\na\x00b\r\n", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBiDQo=\r\n"},
		{"bare LF", "Content-Type: text/plain\r\n\r\na\nb\r\n", "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=0Ab\r\n"},
		{"binary", "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\r\n", "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAA0K\r\n"},
		{"binary of legal lines", "Content-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\nx\r\n", "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\neA0K\r\n"},
		{"label binary only", "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nx\r\n", "Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\nx\r\n"},
		{"LF message", "Content-Type: text/plain\n\na\nb\n", "Content-Type: text/plain\r\n\r\na\r\nb\r\n"},
		{"LF message with NUL", "Content-Type: a/b\n\na\x00\n", "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nYQANCg==\r\n"},
		{"LF without header", "\na\n", "\r\na\r\n"},
		{"bare CR in a field", "Content-Type: text/plain;\r\n a=b\rc\r\nContent-Transfer-Encoding: binary\r\n\r\n", "Content-Type: text/plain;\r\n a=b c\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"},
		{"multipart that is none", "Content-Type: multipart/mixed\r\n\r\na\x00b\r\n", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBiDQo=\r\n"},
		{
			"part", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nok\r\n--b\r\nContent-Transfer-Encoding: binary\r\nContent-Type: a/b\r\n\r\n\x00\r\n--b--",
			"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nok\r\n--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n\r\n--b--",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := parse(t, c.msg)
			e, err := Legalize(context.Background(), in, newSpool(t))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			got := text(t, e)
			if c.want == "=" {
				if e != in {
					t.Errorf("written anew: %q", got)
				}
				return
			}
			if !strings.HasPrefix(got, c.want) || !strings.HasSuffix(c.want, "=\r\n") && got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if s, err := measure(strings.NewReader(got)); err != nil || !s.legal() {
				t.Errorf("not legal: %+v, %v", s, err)
			}
		})
	}
}

func TestLegalField(t *testing.T) {
	in := []byte("X: a\x00b\rc\r\nfolded\n\t" + strings.Repeat("y", 2500) + "\n")
	was := bytes.Clone(in)
	out := legalField(in)
	if s, err := measure(bytes.NewReader(out)); err != nil || !s.legal() {
		t.Errorf("not legal: %+v, %v", s, err)
	}
	fields, _, _ := parseHeader(append(out, "\r\n"...), true)
	if len(fields) != 1 || !bytes.Equal(in, was) {
		t.Errorf("%d fields; the input changed: %v", len(fields), !bytes.Equal(in, was))
	}
}

func TestTextOnly(t *testing.T) {
	const page = `<html><head><title>t</title><style>a{background:url(https://evil.example/)}</style></head><body onload="x()">
<p>Guten&nbsp;Tag &lt;Anna&gt;,</p><img src="https://evil.example/"><div>Zeile<br>zwei</div><script>fetch("https://evil.example/")</script>
<a href="https://evil.example/">link</a><!-- secret --></body></html>`
	for _, c := range []struct{ name, msg, want string }{
		{"html", "Content-Type: text/html; charset=utf-8\n\n" + page, "Guten\u00a0Tag <Anna>,\n\nZeile\nzwei\nlink\n"},
		{"latin-1", "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n<p>Gr=FC=DFe", "Grüße\n"},
		{"base64", "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+aGk8L2I+\n", "hi\n"},
		{"base64 that lies", "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n<b>hi</b>\n", "hi\n"},
		{"svg", "Content-Type: image/svg+xml\n\n<svg><image href='https://evil.example/'/><text>hi</text></svg>", "hi\n"},
		{"two types", "Content-Type: text/plain\nContent-Type: text/html\n\n<b>hi</b>", "hi\n"},
		{"type in quotes", "Content-Type: \"text/html\"\n\n<b>hi</b>", "hi\n"},
		{"type with a comment", "Content-Type: text/(x)html\n\n<b>hi</b>", "hi\n"},
		{"multipart without boundary", "Content-Type: multipart/mixed\n\n--\n\n<b>hi</b>", "-- hi\n"},
		{"unclosed tag", "Content-Type: text/html\n\nhi <img src='https://evil.example/", "hi\n"},
		{"message in it", "Content-Type: message/rfc822\n\nFrom: a\nContent-Type: text/html\n\n<b>hi</b>", "hi\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := TextOnly(context.Background(), parse(t, crlf(c.msg)), newSpool(t))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			shown := e
			if media, _ := e.ContentType(); media == "message/rfc822" {
				if shown, err = e.message(); err != nil {
					t.Fatal(err)
				}
			}
			if media, params := shown.ContentType(); media != "text/plain" || params["charset"] != "utf-8" {
				t.Errorf("%s %v", media, params)
			}
			var out bytes.Buffer
			if err := decodeBase64(&out, shown.Body()); err != nil || out.String() != crlf(c.want) {
				t.Errorf("got %q, want %q (%v)", out.String(), crlf(c.want), err)
			}
		})
	}
	plain := parse(t, "Content-Type: text/plain\r\n\r\n<b>not html</b>\r\n")
	if e, err := TextOnly(context.Background(), plain, newSpool(t)); err != nil || e != plain {
		t.Errorf("plain text was written anew: %v", err)
	}
}

// TestTextOnlyHostile: markup without end is bounded, and the text says that it was cut.
func TestTextOnlyHostile(t *testing.T) {
	for name, page := range map[string]string{
		"attribute": "<p>begin</p><a href='" + strings.Repeat("x", maxToken+1),
		"comment":   "<p>begin</p><!--" + strings.Repeat("-<!", maxToken),
		"tags":      "<p>begin</p>" + strings.Repeat("<div>", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := writeText(&out, strings.NewReader(page)); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(out.String(), "begin\r\n") || out.Len() > 100 {
				t.Errorf("%d octets: %.60q", out.Len(), out.String())
			}
		})
	}
}

// TestTextOnlyDoubledFields: of two Content-Type fields a reader may believe
// either, so only the one that we went by is left, and what either calls HTML
// is text.
func TestTextOnlyDoubledFields(t *testing.T) {
	sp := newSpool(t)
	page := "<img src=\"https://evil.example/\">"
	for name, header := range map[string]string{
		"leaf, then HTML":      "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n" + page,
		"leaf, then multipart": "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" + page + "\r\n--b--\r\n",
		"multipart, then HTML": "Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/html\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + page + "\r\n--b--\r\n",
		"encoding":             "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\ncontent-transfer-encoding: base64\r\n\r\nPGltZz4=\r\n",
	} {
		e, err := TextOnly(context.Background(), parse(t, header), sp)
		if err != nil {
			t.Fatal(err)
		}
		closing(t, e)
		got := text(t, e)
		if n := len(e.Get("Content-Type")); n != 1 || len(e.Get("Content-Transfer-Encoding")) > 1 {
			t.Errorf("%s: %d Content-Type fields in %q", name, n, got)
		}
		if media, _ := e.ContentType(); strings.Contains(media, "html") {
			t.Errorf("%s: still HTML", name)
		}
	}
}
