// Headers, parameters and multiparts, to the byte.

package smime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestHeader(t *testing.T) {
	long := "X: " + strings.Repeat("a", 9000) + "\r\n"
	for _, c := range []struct {
		name, msg string
		fields    []string // "name=value"
		body      string
	}{
		{"plain", "From: a\r\nTo: b\r\n\r\nbody\r\n", []string{"From=a", "To=b"}, "body\r\n"},
		{"LF", "From: a\nTo: b\n\nbody\n", []string{"From=a", "To=b"}, "body\n"},
		{"folded", "Subject: a\r\n b\r\n\tc\r\n\r\n", []string{"Subject=a b\tc"}, ""},
		{"obsolete folding with a blank line in it", "Subject: a\r\n \r\n b\r\n\r\nx", []string{"Subject=a  b"}, "x"},
		{"blank before the colon", "From : a\r\n\r\n", []string{"From=a"}, ""},
		{"no body", "From: a\r\n", []string{"From=a"}, ""},
		{"no line end", "From: a", []string{"From=a"}, ""},
		{"no header", "\r\nbody", nil, "body"},
		{"nothing", "", nil, ""},
		{"text only", "This is text.\r\nFrom: x\r\n", nil, "This is text.\r\nFrom: x\r\n"},
		{"line that is no field ends the header", "From: a\r\nnot a field\r\n\r\nx", []string{"From=a"}, "not a field\r\n\r\nx"},
		{"mbox", "From me@x Mon\r\nTo: b\r\n\r\nx", []string{"=", "To=b"}, "x"},
		{"longer than the first read", long + "To: b\r\n\r\nx", []string{"X=" + strings.Repeat("a", 9000), "To=b"}, "x"},
		{"bare CR is no line end", "A: b\rC: d\r\n\r\nx", []string{"A=b C: d"}, "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := parse(t, c.msg)
			var got []string
			raw := ""
			for _, f := range e.Fields {
				raw += string(f.Raw)
				v := f.Value()
				if f.Name == "" {
					v = ""
				}
				got = append(got, f.Name+"="+v)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.fields) {
				t.Errorf("fields %q, want %q", got, c.fields)
			}
			if got := c.msg[e.BodyOffset():]; got != c.body {
				t.Errorf("body %q, want %q", got, c.body)
			}
			if rest := c.msg[len(raw):e.BodyOffset()]; !strings.HasPrefix(c.msg, raw) || strings.Trim(rest, "\r\n") != "" {
				t.Errorf("fields are not verbatim: %q, then %q", raw, rest)
			}
		})
	}
}

func TestHeaderBounds(t *testing.T) {
	for _, c := range []struct {
		name string
		msg  string
		ok   bool
	}{
		{"header at the bound", "X: " + strings.Repeat("a", maxHeader-7) + "\r\n\r\n", true},
		{"header over it", "X: " + strings.Repeat("a", maxHeader) + "\r\n\r\n", false},
		{"fields at the bound", strings.Repeat("A: b\r\n", maxFields) + "\r\n", true},
		{"fields over it", strings.Repeat("A: b\r\n", maxFields+1) + "\r\n", false},
	} {
		_, err := ParseEntity(strings.NewReader(c.msg), int64(len(c.msg)))
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestContentType(t *testing.T) {
	for value, want := range map[string]string{
		`text/plain`: `text/plain map[]`,
		`Text/HTML; Charset="utf-8"; format=flowed`:                           `text/html map[charset:utf-8 format:flowed]`,
		`multipart/signed (a comment (nested)); boundary="a b\"c"; micalg=x`:  `multipart/signed map[boundary:a b"c micalg:x]`,
		`multipart/mixed; boundary=----=_Part_1`:                              `multipart/mixed map[boundary:----=_Part_1]`,
		`multipart/mixed;; boundary = x ;`:                                    `multipart/mixed map[boundary:x]`,
		`multipart/mixed; boundary=a; boundary=b`:                             `multipart/mixed map[boundary:a]`,
		`application/octet-stream; name*=utf-8'de'a%20b.p7m`:                  `application/octet-stream map[name:a b.p7m name*:utf-8'de'a%20b.p7m]`,
		`application/octet-stream; name*0="smi"; name*1*=%6de; name*2=".p7m"`: `application/octet-stream map[name:smime.p7m name*0:smi name*1*:%6de name*2:.p7m]`,
		`nonsense`:                `text/plain map[]`,
		``:                        `text/plain map[]`,
		`text/plain; charset="un`: `text/plain map[charset:un]`,
		`text/plain; (`:           `text/plain map[]`,
	} {
		media, params := parse(t, "Content-Type: "+value+"\r\n\r\n").ContentType()
		if params == nil {
			params = map[string]string{}
		}
		if got := fmt.Sprint(media, " ", params); got != want {
			t.Errorf("%s\n got %s\nwant %s", value, got, want)
		}
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		name, body string
		parts      []string
	}{
		{"two", "pre\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n\r\n--b--\r\nepilogue\r\n--b\r\nx", []string{"\r\none", "\r\ntwo\r\n"}},
		{"LF", "--b\n\none\n--b\n\ntwo\n--b--\n", []string{"\none", "\ntwo"}},
		{"blanks after the boundary", "--b \t\r\n\r\none\r\n--b-- \r\n", []string{"\r\none"}},
		{"not closed", "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n", []string{"\r\none", "\r\ntwo\r\n"}},
		{"empty part", "--b\r\n--b\r\n--b--", []string{"", ""}},
		{"longer boundary is another", "--b\r\n\r\n--bc\r\n--b\r\n\r\nx\r\n--b--", []string{"\r\n--bc", "\r\nx"}},
		{"in the middle of a line", "--b\r\n\r\na --b\r\n--b--", []string{"\r\na --b"}},
		{"bare CR before it is no line", "--b\r\n\r\na\r--b\r\n--b--", []string{"\r\na\r--b"}},
		{"only the close delimiter", "x\r\n--b--\r\n", nil},
		{"at the very end", "--b\r\n\r\nx\r\n--b", []string{"\r\nx", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			parts, err := parse(t, "Content-Type: multipart/mixed; boundary=b\r\n\r\n"+c.body).Parts()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range parts {
				got = append(got, text(t, p))
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.parts) {
				t.Errorf("got %q, want %q", got, c.parts)
			}
		})
	}
}

// TestPartsAcrossWindows moves a delimiter over the edges of the scanner's window.
func TestPartsAcrossWindows(t *testing.T) {
	for shift := -120; shift <= 10; shift++ {
		first := strings.Repeat("x", scanWindow+shift)
		msg := "Content-Type: multipart/mixed; boundary=abcdef\r\n\r\n--abcdef\r\n\r\n" + first + "\r\n--abcdef  \r\n\r\ntwo\r\n--abcdef--\r\n"
		parts, err := parse(t, msg).Parts()
		if err != nil || len(parts) != 2 || text(t, parts[0]) != "\r\n"+first || text(t, parts[1]) != "\r\ntwo" {
			t.Fatalf("shift %d: %d parts, %v", shift, len(parts), err)
		}
	}
}

func TestPartsBounds(t *testing.T) {
	many := func(n int) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n\r\n", n) + "--b--"
	}
	deep := func(n int) string {
		s := "\r\ninnermost"
		for i := range n {
			s = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--\r\n", i, i, s, i)
		}
		return s
	}
	boundary := func(n int) string {
		b := strings.Repeat("b", n)
		return "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n\r\nx\r\n--" + b + "--"
	}
	for _, c := range []struct {
		name, msg string
		ok        bool
	}{
		{"parts at the bound", many(maxParts), true},
		{"parts over it", many(maxParts + 1), false},
		{"nesting at the bound", deep(maxNesting), true},
		{"nesting over it", deep(maxNesting + 1), false},
		{"boundary at the bound", boundary(maxBoundary), true},
		{"boundary over it", boundary(maxBoundary + 1), false},
		{"no boundary", "Content-Type: multipart/mixed\r\n\r\n--\r\n", false},
		{"boundary that does not occur", "Content-Type: multipart/mixed; boundary=b\r\n\r\nx\r\n", false},
	} {
		if err := walk(parse(t, c.msg)); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func walk(e *Entity) error {
	parts, err := e.Parts()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := walk(p); err != nil {
			return err
		}
	}
	return nil
}

// written puts the message together again from what the parser found.
func written(t testing.TB, e *Entity) string {
	t.Helper()
	var out strings.Builder
	for _, f := range e.Fields {
		out.Write(f.Raw)
	}
	whole := text(t, e)
	out.WriteString(whole[out.Len():e.BodyOffset()])
	m, err := e.multipart(context.Background())
	if m == nil || err != nil {
		out.WriteString(whole[e.BodyOffset():])
		return out.String()
	}
	at := e.BodyOffset()
	for _, p := range m.parts {
		out.WriteString(whole[at : p.off-e.off])
		out.WriteString(written(t, p))
		at = p.off - e.off + p.size
	}
	out.WriteString(whole[at:])
	return out.String()
}

func TestDigestDefault(t *testing.T) {
	parts, err := parse(t, "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nFrom: a\r\n\r\nx\r\n--b--\r\n").Parts()
	if err != nil {
		t.Fatal(err)
	}
	if media, _ := parts[0].ContentType(); media != "message/rfc822" {
		t.Errorf("the default in a digest is %s", media)
	}
}
