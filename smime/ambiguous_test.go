package smime

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestHasLine: the beginning of a line is found wherever it lies, the middle of one
// is not taken for it.
func TestHasLine(t *testing.T) {
	long := strings.Repeat("x", copyChunk)
	for in, want := range map[string]bool{
		"":                               false,
		"--b":                            true,
		"--":                             false,
		"text\r\n--bc\r\n":               true,
		"text --b\r\n":                   false,
		long + "--b\r\n":                 false, // the buffer ends where the needle begins
		long + "\n--b":                   true,
		long[:copyChunk-2] + "\n--b":     true,
		long + long + " --b\n -b\n--a\n": false,
		"text\r--b":                      true,
		"a--b\n":                         false,
		long[:copyChunk-1] + "\r\n--b":   true,
		long[:copyChunk-3] + "\n--b":     true,
	} {
		for way, r := range map[string]io.Reader{"whole": strings.NewReader(in), "octet by octet": iotest.OneByteReader(strings.NewReader(in))} {
			got, err := hasLine(r, copyChunk, []byte("--b"))
			if got != want || err != nil {
				t.Errorf("%s, %d octets, the last %q: %v, %v", way, len(in), in[max(0, len(in)-8):], got, err)
			}
		}
	}
}

// TestAmbiguous: what readers find in different places, by what Python, Thunderbird
// and others are known to do; and what real mailers write, which all read alike.
func TestAmbiguous(t *testing.T) {
	sp := newSpool(t)
	e := parse(t, signedEntity(t, sp, issue(t, "p256"), hello))
	parts, err := e.Parts()
	if err != nil {
		t.Fatal(err)
	}
	const (
		field = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary="
		evil  = "Content-Type: text/plain\r\n\r\nEVIL\r\n"
	)
	signed, signature := text(t, parts[0]), text(t, parts[1])
	cut := parts[1].BodyOffset() - 2
	around := func(field, b, before, more, behind string) string {
		return field + "\r\n\r\n" + before + "--" + b + "\r\n" + signed + "\r\n--" + b + "\r\n" + signature[:cut] + more + signature[cut:] + "\r\n--" + b + "--\r\n" + behind
	}
	dashed := func(like string) string {
		entity := "Content-Type: text/plain\r\n\r\nhello" + like + "EVIL\r\n"
		dashes, err := parse(t, signedEntity(t, sp, issue(t, "p256"), entity)).Parts()
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, dashes[0]); !strings.Contains(got, "hello"+like+"EVIL") {
			t.Fatalf("the signed part is another: %q", got)
		}
		return field + "hell\r\n\r\n--hell\r\n" + text(t, dashes[0]) + "\r\n--hell\r\n" + text(t, dashes[1]) + "\r\n--hell--\r\n"
	}
	named := func(value, b string) string { return around(field+value, b, "", "", "") }
	for name, msg := range map[string]string{
		"a bare CR before":               around(field+"bb", "bb", "x\r--bb\r"+evil, "", ""),
		"a bare CR at the delimiter":     around(field+"bb", "bb", "x\r\r\n", "", ""),
		"a NUL before":                   around(field+"bb", "bb", "\x00--bb\r\n"+evil, "", ""),
		"a bare CR behind":               around(field+"bb", "bb", "", "", "x\r--bb\r"+evil),
		"a bare CR at the very end":      around(field+"bb", "bb", "", "", "x\r"),
		"lines like it before":           around(field+"bb", "bb", "--bbc\r\n"+evil, "", ""),
		"a bare CR beside the signature": around(field+"bb", "bb", "", "X-Foo: a\r--bb\rContent-Type: text/plain\r\rEVIL\rz: y\r\n", ""),
		"a NUL beside the signature":     around(field+"bb", "bb", "", "X-Foo: \x00\r\n", ""),
		"a field like it":                around(field+"bb", "bb", "", "--bb: x\r\n", ""),
		"another type for the signature": around(field+"bb", "bb", "", "Content-Type: text/html; name=rechnung.html\r\n", ""),
		"another encoding for it":        around(field+"bb", "bb", "", "Content-Transfer-Encoding: 7bit\r\n", ""),
		"another name for it":            around(field+"bb", "bb", "", "Content-Disposition: inline; filename=rechnung.html\r\n", ""),
		"the name of another file":       strings.Replace(named("bb", "bb"), "filename=\"smime.p7s\"", "filename=\"rechnung.html\"", 1),
		"the same in the type":           strings.Replace(named("bb", "bb"), "; name=\"smime.p7s\"", "; name=rechnung.html", 1),
		"no empty line before the parts": strings.Replace(named("bb", "bb"), "\r\n\r\n--bb", "\r\nplease pay\r\n--bb", 1),
		"a blank before the colon":       strings.Replace(named("bb", "bb"), "Type:", "Type :", 1),
		"the same in another field":      "X-Note : please pay\r\n" + named("bb", "bb"),
		"a NUL in a field":               "X-Note: \x00\r\n" + named("bb", "bb"),
		"a multipart in base64":          "Content-Transfer-Encoding: base64\r\n" + named("bb", "bb"),
		"a backslash":                    named(`"b\b"`, "bb"),
		"angle brackets":                 named("<bb>", "<bb>"),
		"angle brackets in quotes":       named(`"<bb>"`, "<bb>"),
		"a comma":                        named("bb,cc", "bb,cc"),
		"a quote inside":                 named(`bb"cc`, `bb"cc`),
		"text after the quotes":          named(`"bb"cc`, "bb"),
		"a word after it":                named("bb cc", "bb"),
		"a comment":                      named("bb (x)", "bb"),
		"a comment before it":            around("Content-Type: multipart/signed (x); boundary=bb", "bb", "", "", ""),
		"a blank in front":               named(`" bb"`, " bb"),
		"a blank at the end":             named(`"bb "`, "bb"),
		"folded":                         named("\"b\r\n b\"", "b b"),
		"8 bits":                         named("\"b\xc3\xa9b\"", "b\xc3\xa9b"),
		"an encoded word":                named(`"=?us-ascii?q?bb?="`, "=?us-ascii?q?bb?="),
		"an equals sign, unquoted":       named("bb=cc", "bb=cc"), // Python: bb
		"one at its beginning, unquoted": named("=_bb", "=_bb"),
		"a solidus, unquoted":            named("bb/cc", "bb/cc"),
		"pieces":                         named("bb'cc", "bb'cc"),
		"71 octets":                      named(strings.Repeat("b", 71), strings.Repeat("b", 71)),
		"two":                            named("bb; boundary=evil", "bb"),
		"one in another parameter":       named("bb; x=\"; boundary=evil\"", "bb"),
		"one in RFC 2231":                named("bb; boundary*=us-ascii''evil", "bb"),
		"junk before the semicolon":      around("Content-Type: multipart/signed boundary=evil; boundary=bb", "bb", "", "", ""),
		"junk between parameters":        around("Content-Type: multipart/signed; x boundary=evil; boundary=bb", "bb", "", "", ""),
		"a fold before the value":        named("\r\n\t\"bb\"", "bb"),
		"a blank before the =":           around(strings.Replace(field, "boundary=", "boundary =", 1)+"bb", "bb", "", "", ""), // Email::MIME: no boundary
		"a tab before the value":         named("\t\"bb\"", "bb"),
		"an empty parameter":             named("bb;; y=z", "bb"),       // Email::MIME: no boundary
		"8 bits in another parameter":    named("bb; x=\"\xe9\"", "bb"), // Ruby, Email::MIME: no boundary
		"a solidus in another, unquoted": named("bb; x=a/b", "bb"),
		"a colon in another, unquoted":   named("bb; x=a:b", "bb"),
		"a question mark there":          named("bb; x=a?b", "bb"),
		"a colon in front":               around(field+"bb", "bb", "please: pay\r\n", "", ""),                  // Email::MIME: a part
		"too many fields in front":       strings.Repeat("X-A: b\r\n", maxFieldsInFront+1) + named("bb", "bb"), // Ruby: no type
		"a prefix of a line of the text": dashed("\r\n--hello\r\n"),                                            // mailparse: three parts
		"a delimiter behind a bare CR":   dashed("\r--hell\r"),                                                 // Python, Ruby: three parts
		"a line of blanks in the field":  around("Content-Type: multipart/signed;\r\n \r\n boundary=bb", "bb", "", "", ""),
	} {
		if m := opened(t, sp, msg); m.Ambiguous == nil || len(m.Layers) != 1 || m.Layers[0].Signatures[0].Err != nil {
			t.Errorf("%s: %v, %v\n%.300q", name, m.Ambiguous, m.Malformed, msg)
		}
	}
	for value, b := range map[string]string{
		`"----=_NextPart_000_0012_01D9.ABC"`: "----=_NextPart_000_0012_01D9.ABC", "Apple-Mail-7--12": "Apple-Mail-7--12", `"Apple-Mail=_A-1"`: "Apple-Mail=_A-1",
		"_000_XX_": "_000_XX_", `"=-xyz=="`: "=-xyz==", `"=_abc"`: "=_abc", `"=_mixed 0034AB_="`: "=_mixed 0034AB_=", `"Boundary_(ID_x)"`: "Boundary_(ID_x)",
		"nextPart1.2": "nextPart1.2", `"----A/b:c?d"`: "----A/b:c?d", " bb;": "bb", "bb; x=\"application/pkcs7-signature\"; y=z": "bb",
		"bb;": "bb", strings.Repeat("b", 70): strings.Repeat("b", 70), `"bb" ; boundless=yes`: "bb", "boundary": "boundary",
	} {
		for _, msg := range []string{named(value, b), around(strings.ReplaceAll(field, "; ", ";\r\n\t")+value, b, "This is signed\r\n\r\n", "Content-Description: S/MIME\r\n", "-- \r\nfooter\r\n")} {
			if m := opened(t, sp, msg); m.Ambiguous != nil || len(m.Layers) != 1 || m.Layers[0].Signatures[0].Err != nil {
				t.Errorf("%s: %v, %v\n%.300q", value, m.Ambiguous, m.Malformed, msg)
			}
		}
	}
	if m := opened(t, sp, strings.Replace(strings.Replace(named("bb", "bb"), "filename=\"smime.p7s\"", "size=1", 1), "; name=\"smime.p7s\"", "", 1)); m.Ambiguous != nil || len(m.Layers) != 1 {
		t.Errorf("no name: %v", m.Ambiguous)
	}
	if m := opened(t, sp, strings.Repeat("X-A: b\r\n", maxFieldsInFront)+named("bb", "bb")); m.Ambiguous != nil {
		t.Errorf("as many fields in front as may be: %v", m.Ambiguous)
	}
	lf := strings.ReplaceAll(named("bb", "bb"), "\r\n", "\n")
	if m := opened(t, sp, "From x Tue\n"+lf); m.Ambiguous != nil || len(m.Layers) != 1 {
		t.Errorf("a file with LF: %v", m.Ambiguous)
	}
}

// TestLineEnds: a bare CR and a NUL are found however the text is cut.
func TestLineEnds(t *testing.T) {
	for in, want := range map[string]bool{"": false, "a\r\nb\n": false, "\r\n\r\n": false, "a\rb": true, "\r": true, "a\r\r\nb": true, "a\x00": true} {
		for _, cut := range []int{1, 2, 3} {
			var l lineEnds
			for p := []byte(in); len(p) > 0; p = p[min(cut, len(p)):] {
				if _, err := l.Write(p[:min(cut, len(p))]); err != nil {
					t.Fatal(err)
				}
			}
			if got := l.odd || l.cr; got != want {
				t.Errorf("%q by %d: %v", in, cut, got)
			}
		}
	}
}
