// What stays in the header of what was decrypted.

package smime

import (
	"context"
	"io"
	"mime"
	mimemultipart "mime/multipart"
	"net/mail"
	"strings"
	"testing"
)

// outer is what Outer makes of a message: header and body.
func outer(t *testing.T, msg string) (header, body string) {
	t.Helper()
	out, err := Outer(context.Background(), parse(t, crlf(msg)), newSpool(t))
	if err != nil {
		t.Fatal(err)
	}
	closing(t, out)
	whole := text(t, out)
	return strings.TrimSuffix(whole[:out.BodyOffset()], "\r\n"), whole[out.BodyOffset():]
}

// TestOuterKeepsFewFields: of a single part the header keeps the type with parameters
// of known form, the encoding, and the disposition without a name.
func TestOuterKeepsFewFields(t *testing.T) {
	for _, k := range []struct{ name, fields, want string }{
		{
			"text", "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes; x-secret=word\nContent-Transfer-Encoding: 8bit\n",
			"Content-Type: text/plain;\r\n charset=\"utf-8\";\r\n format=\"flowed\";\r\n delsp=\"yes\"\r\nContent-Transfer-Encoding: 8bit\r\n",
		},
		{
			"other fields", "Content-A: secret\nContent-ID: <secret@x>\nContent-Language: de\nContent-Location: http://secret/\nContent-Description: secret\nContent-MD5: c2VjcmV0\nSubject: secret\nContent-Type: text/html\n",
			"Content-Type: text/html\r\n",
		},
		{"disposition", "Content-Type: text/plain\nContent-Disposition: inline; creation-date=\"secret\"; size=7\n", "Content-Type: text/plain\r\nContent-Disposition: inline\r\n"},
		{"invitation", "Content-Type: text/calendar; method=REQUEST; charset=utf-8\n", "Content-Type: text/calendar;\r\n charset=\"utf-8\";\r\n method=\"REQUEST\"\r\n"},
		{"no type", "", ""},
		{"a charset that is none", "Content-Type: text/plain; charset=\"the secret word\"\n", "Content-Type: text/plain\r\n"},
		{"a long charset", "Content-Type: text/plain; charset=" + strings.Repeat("x", 71) + "\n", "Content-Type: text/plain\r\n"},
		{"the longest charset", "Content-Type: text/plain; charset=" + strings.Repeat("x", 70) + "\n", "Content-Type: text/plain;\r\n charset=\"" + strings.Repeat("x", 70) + "\"\r\n"},
		{"a type that is none", "Content-Type: se\"cret/x@y\n", "Content-Type: application/octet-stream\r\n"},
		{"two types", "Content-Type: text/plain\nContent-Type: text/secret\n", "Content-Type: text/plain\r\n"},
		{"an encoding that is none", "Content-Type: text/plain\nContent-Transfer-Encoding: \"the secret\"\n", "Content-Type: text/plain\r\n"},
	} {
		if got, body := outer(t, k.fields+"\nbody\n"); got != k.want || body != "body\r\n" {
			t.Errorf("%s: %q, %q", k.name, got, body)
		}
	}
}

// TestOuterNamesStandInTheBody: what has a file name, or a type that means nothing
// without parameters of others, is wrapped, and readers find it as it was.
func TestOuterNamesStandInTheBody(t *testing.T) {
	for _, fields := range []string{
		"Content-Type: application/pdf; name=\"secret.pdf\"\nContent-Transfer-Encoding: base64\n",
		"Content-Type: application/pdf\nContent-Disposition: attachment; filename=secret.pdf\n",
		"Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''secret.pdf\n",
		"Content-Type: application/pdf; name*0=sec; name*1=ret.pdf\nContent-Language: secret\n",
		"Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; micalg=secret; boundary=secret\n",
		"Content-Type: multipart/mixed; boundary=secret\n", // which does not occur
		"Content-Type: message/external-body; access-type=URL; url=\"http://secret/\"\n",
	} {
		header, body := outer(t, fields+"\nc2VjcmV0\n")
		if strings.Contains(header, "sec") || !strings.HasPrefix(header, "Content-Type: multipart/mixed;\r\n boundary=") {
			t.Errorf("%s: %s", fields, header)
			continue
		}
		if parts := partsOf(t, header, body); len(parts) != 1 || parts[0] != crlf(fields)+"\r\nc2VjcmV0\r\n" {
			t.Errorf("%s: %q", fields, parts)
		}
	}
}

// partsOf are the parts of a multipart as Go's own reader finds them, with their
// headers as they stand.
func partsOf(t *testing.T, header, body string) (parts []string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(header + "\r\n" + body))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := mimemultipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, p)
		parts = append(parts, "")
	}
	pieces := strings.Split(body, "--"+params["boundary"])
	for i := range parts {
		parts[i] = strings.TrimSuffix(strings.TrimPrefix(pieces[i+1], "\r\n"), "\r\n")
	}
	return parts
}

// TestOuterBoundaryIsOurs: the parts stay octet for octet, between boundaries that
// tell nothing; text around them goes.
func TestOuterBoundaryIsOurs(t *testing.T) {
	parts := []string{"Content-Type: text/plain\r\n\r\none\r\n", "Content-Disposition: attachment; filename=secret\r\n\r\ntwo", "\r\n", "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n\r\nx\r\n--inner--"}
	for _, end := range []string{"\r\n--the.secret--\r\nepilogue secret\r\n", "\r\n--the.secret--", ""} {
		msg := "Content-Type: multipart/related; type=\"text/html\"; start=\"<a=b@c.example>\"; boundary=\"the.secret\"; start-info=secret\r\nContent-Description: secret\r\n\r\npreamble secret\r\n--the.secret\r\n" +
			strings.Join(parts, "\r\n--the.secret\r\n") + end
		header, body := outer(t, msg)
		if strings.Contains(header, "secret") || strings.Contains(body, "the.secret") || strings.Contains(body, "epilogue") || strings.Contains(body, "preamble") {
			t.Errorf("%s\n%s", header, body)
		}
		if !strings.HasPrefix(header, "Content-Type: multipart/related;\r\n type=\"text/html\";\r\n start=\"<a=b@c.example>\";\r\n boundary=\"=_") {
			t.Errorf("%s", header)
		}
		got := partsOf(t, header, body)
		if len(got) != len(parts) {
			t.Fatalf("%d parts: %q", len(got), got)
		}
		for i := range parts {
			if got[i] != parts[i] {
				t.Errorf("part %d: %q, want %q", i, got[i], parts[i])
			}
		}
	}
}

// TestOuterWithoutParts: a multipart that is nothing but its end.
func TestOuterWithoutParts(t *testing.T) {
	header, body := outer(t, "Content-Type: multipart/mixed; boundary=b\n\n--b--\n")
	if !strings.Contains(header, "boundary=\"=_") || !strings.HasPrefix(body, "--=_") || !strings.HasSuffix(body, "--\r\n") {
		t.Errorf("%s\n%s", header, body)
	}
}

// TestOuterCopiesNothing: a large part is read where it lies.
func TestOuterCopiesNothing(t *testing.T) {
	sp := newSpool(t)
	msg := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", 1<<16) + "--b--\r\n"
	out, err := Outer(context.Background(), parse(t, msg), sp)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, out)
	if used := sp.Used(); used > 4096 {
		t.Errorf("%d octets were written for a message of %d", used, len(msg))
	}
}
