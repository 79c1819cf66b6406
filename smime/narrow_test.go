// Prepare writes more narrowly than is read: what a reader that compares prefixes of
// boundaries, or knows ASCII only in headers, makes of it.

package smime

import (
	"os/exec"
	"strings"
	"testing"
)

// partsByPrefix are the parts that a reader finds which takes each line that begins with the
// boundary for a delimiter (RFC 2046 §5.1.1), innermost first by its own boundary.
func partsByPrefix(t *testing.T, entity string) int {
	t.Helper()
	e := parse(t, entity)
	n := 0
	for line := range strings.Lines(entity) {
		if strings.HasPrefix(line, "--"+e.boundary()) {
			n++
		}
	}
	return n - 1 // the last delimiter begins no part
}

// TestBoundariesApart: "b" and "b1" are one boundary to some readers. What is signed keeps
// its own, and the one around it gives way.
func TestBoundariesApart(t *testing.T) {
	inner := func(boundary string) string {
		return "Content-Type: multipart/alternative; boundary=" + boundary + "\n\n--" + boundary + "\n\nhello\n--" + boundary + "\n\nHello\n--" + boundary + "--\n"
	}
	around := func(entity string) string {
		return "Content-Type: multipart/mixed; boundary=\"b\"; x=y\n\n--b\n" + entity + "\n--b\n\nfile\n--b--\n"
	}
	signed := "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\n boundary=b1\n\n--b1\n\nhello\n--b1\nContent-Type: application/pkcs7-signature\n\nAAAA\n--b1--\n"
	forwarded := "Content-Type: message/rfc822\n\nSubject: x\n" + inner("bb")
	for name, k := range map[string]struct {
		entity  string
		changed bool
	}{
		"prefix":                {inner("b1"), true},
		"in a forwarded one":    {forwarded, true},
		"around what is signed": {signed, true},
		"another one":           {inner("c1"), false},
	} {
		got := strings.ReplaceAll(prepared(t, strings.ReplaceAll(around(k.entity), "\n", "\r\n")), "\r\n", "\n")
		if changed := !strings.Contains(got, "boundary=\"b\""); changed != k.changed {
			t.Errorf("%s: changed %v, want %v\n%s", name, changed, k.changed, got)
		}
		if n := partsByPrefix(t, got); n != 2 {
			t.Errorf("%s: %d parts\n%s", name, n, got)
		}
		if k.changed && !strings.Contains(got, "x=y") {
			t.Errorf("%s: another parameter is gone\n%s", name, got)
		}
		if k.entity == signed && !strings.Contains(got, signed) {
			t.Errorf("what is signed was changed\n%s", got)
		}
	}
}

// TestTextAroundForwardedParts goes, too: GMime writes forwarded messages anew like the rest.
func TestTextAroundForwardedParts(t *testing.T) {
	got := prepared(t, "Content-Type: message/rfc822\n\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\nhello\n--b--\nafter\n")
	if strings.Contains(got, "before") || strings.Contains(got, "after") || !strings.Contains(got, "hello") {
		t.Errorf("%s", got)
	}
}

// TestFieldsOf7Bit: Python's reader finds the same names in what Prepare has made of raw
// octets, be they UTF-8 or ISO 8859-1.
func TestFieldsOf7Bit(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not installed")
	}
	const read = `
import email, email.policy, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
p = [p for p in m.walk()][-1]
print(p.get_filename(), p.get("Content-Description"), p.get("From"), p.get("Subject"), sep="|")
`
	long := strings.Repeat("Ä", 40)
	for name, k := range map[string]struct{ part, want string }{
		"file name":  {"Content-Type: text/plain; name=\"Grüße.txt\"\nContent-Disposition: attachment; filename=\"Grüße.txt\"\n\nx\n", "Grüße.txt|None|None|None"},
		"in Latin 1": {"Content-Disposition: attachment; filename=\"Gr\xfc\xdfe.txt\"\n\nx\n", "Grüße.txt|None|None|None"},
		"folded":     {"Content-Disposition: attachment;\n filename=\"Grüße; a.txt\"\n\nx\n", "Grüße; a.txt|None|None|None"},
		// Python keeps the blank of the fold.
		"description":       {"Content-Description: " + long + " und mehr\n\nx\n", "None| " + long + " und mehr|None|None"},
		"forwarded message": {"Content-Type: message/rfc822\n\nFrom: \"Müller, Anna\" <anna@kunde.example>\nSubject: Grüße\n\nx\n", "None|None|\"Müller, Anna\" <anna@kunde.example>|Grüße"},
	} {
		got := prepared(t, "Content-Type: multipart/mixed; boundary=b\n\n--b\n"+k.part+"\n--b--\n")
		if countHigh([]byte(got)) > 0 {
			t.Errorf("%s: octets above 127\n%s", name, got)
		}
		cmd := exec.Command("python3", "-c", read)
		cmd.Stdin = strings.NewReader(got)
		cmd.Env = []string{"PYTHONIOENCODING=utf-8"}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if s := strings.TrimSpace(string(out)); s != k.want {
			t.Errorf("%s: %s, want %s\n%s", name, s, k.want, got)
		}
	}
}

// TestFieldThatStays: what has no form of 7 bits is not guessed.
func TestFieldThatStays(t *testing.T) {
	for _, field := range []string{"From: grüße@kunde.example\n", "Content-Type: gr\xfc\xdfe; name=x\n"} {
		f := Field{Raw: []byte(field), Name: strings.Split(field, ":")[0]}
		if got := narrowField(f); string(got) != field {
			t.Errorf("%q became %q", field, got)
		}
	}
}
