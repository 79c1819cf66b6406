package mailfile

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestForms: a mail comes out of every form in which programs save one, and of what is none it is said
// what it is.
func TestForms(t *testing.T) {
	const mail = "Subject: hello\r\n\r\ntext\r\n"
	const base64 = bareCMS + "base64\r\n\r\n"
	for _, c := range []struct {
		name, in, want, remark, problem string
	}{
		{name: "as it came", in: mail, want: mail},
		{name: "LF", in: "Subject: hello\n\ntext\n", want: mail},
		{name: "nothing"},
		{name: "UTF-8 with a mark", in: "\xEF\xBB\xBF" + mail, want: mail, remark: "byte order mark"},
		{name: "UTF-16", in: "\xFF\xFES\x00:\x00\n\x00\n\x00", want: "S:\r\n\r\n", remark: "UTF-16"},
		{name: "base64 alone", in: "MIIB\nAAAA\n", want: base64 + "MIIB\nAAAA\n"},
		{name: "PEM", in: "-----BEGIN CMS-----\nMIIB\n-----END CMS-----\n", want: base64 + "MIIB\r\n"},
		{name: "PEM, cut", in: "-----BEGIN CMS-----\nMIIB\n", want: base64 + "MIIB\r\n", problem: "no END line"},
		{name: "DER", in: "\x30\x82\x01\x00", want: bareCMS + "binary\r\n\r\n\x30\x82\x01\x00"},
		{name: "mbox", in: "From anna@kunde.example Sun Nov 29\n", problem: "a mailbox"},
		{name: "an obsolete field", in: "From : a@b.example\r\n", want: "From : a@b.example\r\n"},
		{name: "ZIP", in: "PK\x03\x04", problem: "ZIP"},
	} {
		var out bytes.Buffer
		remark := ""
		err := Copy(&out, strings.NewReader(c.in), func(what string) { remark += what })
		if out.String() != c.want || !strings.Contains(remark, c.remark) || (remark == "") != (c.remark == "") {
			t.Errorf("%s: %q, remark %q", c.name, out.String(), remark)
		}
		if (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestMarksInARow: a file of marks alone takes no stack.
func TestMarksInARow(t *testing.T) {
	const marks = 8 << 20
	in := io.MultiReader(io.LimitReader(&repeated{text: "\xEF\xBB\xBF"}, 3*marks), strings.NewReader("S:\r\n\r\n"))
	var out bytes.Buffer
	remarks := 0
	if err := Copy(&out, in, func(string) { remarks++ }); err != nil || out.String() != "S:\r\n\r\n" || remarks != 1 {
		t.Errorf("%.20q, %d remarks, %v", out.String(), remarks, err)
	}
}

// repeated is a text again and again.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[r.at]
		r.at = (r.at + 1) % len(r.text)
	}
	return len(p), nil
}
