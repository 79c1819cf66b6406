package smime

// This file appends to base64 what mailing lists, mail servers and attackers do.

import (
	"context"
	"strings"
	"testing"
)

// footers are what is appended to a body that ends in CRLF.
var footers = map[string]string{
	"a virus scanner's":            "\r\n-- \r\nDiese E-Mail wurde auf Viren geprueft.\r\n",
	"without an empty line":        "-- \r\nDiese E-Mail wurde geprueft.\r\n",
	"letters alone":                "\r\nGesendet von meinem Telefon\r\n",
	"one word":                     "\r\nABCD\r\n",
	"a list's":                     "_______________________________________________\r\nlist mailing list\r\nlist@kunde.example\r\n",
	"in UTF-8":                     "\r\n\r\nMit freundlichen Grüßen\r\n",
	"with blanks on an empty line": "  \r\nEin Hinweis\r\n",
	"large":                        "\r\n" + strings.Repeat("Ein langer Hinweis. ", 10000) + "\r\n",
	"without a line end":           "\r\n-- \r\nfooter",
	"lines that end in LF":         "\n-- \nfooter\n",
}

// TestFooterBehindBase64: what was appended to the base64 of an encrypted or an opaque
// signed mail does not keep it closed, and is neither shown nor said to be signed. The
// content has several lengths, so that the base64 ends with and without padding.
func TestFooterBehindBase64(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	o := signOptions(sp, c)
	o.Opaque = true
	for length := range 3 {
		content := crlf(hello) + strings.Repeat("x", length)
		signed, err := Sign(context.Background(), parse(t, content), o)
		if err != nil {
			t.Fatal(err)
		}
		defer signed.Close()
		for kind, whole := range map[string]string{
			Enveloped:     sealedEntity(t, sp, c, "aes-256-cbc", content),
			AuthEnveloped: sealedEntity(t, sp, c, "aes-256-gcm", content),
			SignedOpaque:  text(t, signed),
		} {
			for name, footer := range footers {
				m := opened(t, sp, whole+footer, decryptionKey(c))
				if len(m.Layers) != 1 || m.Layers[0].Err != nil || m.Layers[0].Type != kind || !m.LeftOut || text(t, m.Inner) != content {
					t.Errorf("%s of %d octets, %s: %v, %v, left out: %v", kind, len(content), name, m.Malformed, m.Undecryptable, m.LeftOut)
					continue
				}
				if kind == SignedOpaque && (m.Layers[0].Signatures[0].Err != nil || m.Layers[0].Covers != CoversShown) {
					t.Errorf("%s: %+v", name, m.Layers[0].Signatures[0].Err)
				}
			}
			if m := opened(t, sp, whole, decryptionKey(c)); m.LeftOut {
				t.Errorf("%s without a footer: something was left out", kind)
			}
			if m := opened(t, sp, whole+"\r\n \r\n\r\n", decryptionKey(c)); m.LeftOut || m.Malformed != nil {
				t.Errorf("%s before empty lines: left out: %v, %v", kind, m.LeftOut, m.Malformed)
			}
		}
	}
}

// TestAppendedMessage: of two messages in one body the first is opened, as others do it; the
// second is never shown.
func TestAppendedMessage(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	first := sealedEntity(t, sp, c, "aes-256-gcm", crlf(hello))
	_, second, _ := strings.Cut(sealedEntity(t, sp, c, "aes-256-gcm", "Content-Type: text/plain\r\n\r\nanother\r\n"), "\r\n\r\n")
	for _, between := range []string{"\r\n", "\r\n-- \r\n", "\r\n\r\n"} {
		m := opened(t, sp, first+between+second, decryptionKey(c))
		if m.Malformed != nil || !m.LeftOut || text(t, m.Inner) != crlf(hello) {
			t.Errorf("%q: %v, %q", between, m.Malformed, text(t, m.Inner))
		}
	}
}

// TestNoFooter: what stands elsewhere than behind the lines of the whole outer content is
// no footer, and such a mail stays malformed.
func TestNoFooter(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	sealed := sealedEntity(t, sp, c, "aes-256-gcm", crlf(hello)+strings.Repeat("0123456789\r\n", 100))
	head, body, _ := strings.Cut(sealed, "\r\n\r\n")
	footer := "\r\n-- \r\nfooter\r\n"
	half := len(body) / 2 / 78 * 78
	signed := signedEntity(t, sp, c, hello)
	cut := strings.LastIndex(signed, "\r\n--")
	for name, msg := range map[string]string{
		"in front":                  head + "\r\n\r\n" + footer + body,
		"in the middle":             head + "\r\n\r\n" + body[:half] + footer + body[half:],
		"behind a half":             head + "\r\n\r\n" + body[:half] + footer,
		"behind half a line":        head + "\r\n\r\n" + body[:half+10] + footer,
		"on the last line":          strings.TrimRight(sealed, "\r\n") + "!" + footer,
		"inside an encrypted layer": sealedEntity(t, sp, c, "aes-256-gcm", sealed+footer),
		"in the signature part":     signed[:cut] + footer + signed[cut:],
		"instead of all":            head + "\r\n\r\n" + footer,
	} {
		m := opened(t, sp, msg, decryptionKey(c))
		if m.Malformed == nil || m.LeftOut {
			t.Errorf("%s: %d layers, left out: %v", name, len(m.Layers), m.LeftOut)
		}
	}
}

// TestFooterIsInClear: mail with a readable footer is not encrypted already, whatever stands
// in front.
func TestFooterIsInClear(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	sealed := sealedEntity(t, sp, c, "aes-256-gcm", crlf(hello))
	if already, err := AlreadyEncrypted(context.Background(), parse(t, sealed), sp); err != nil || !already {
		t.Fatalf("%v, %v", already, err)
	}
	for name, footer := range footers {
		already, err := AlreadyEncrypted(context.Background(), parse(t, sealed+footer), sp)
		if err != nil || already {
			t.Errorf("%s: %v, %v", name, already, err)
		}
	}
}

// FuzzFooter: what is left is whole lines of nothing but base64 and white space, ends with
// the padding if there is one, and has no footer itself.
func FuzzFooter(f *testing.F) {
	for _, footer := range footers {
		f.Add("QUJD\r\nREVG\r\n" + footer)
		f.Add("\r\nQUJD\r\nRE==\r\n" + footer)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := base64Length(strings.NewReader(text))
		if err != nil || n > int64(len(text)) {
			t.Fatalf("%d of %d, %v", n, len(text), err)
		}
		left := text[:n]
		if int(n) < len(text) && left != "" && !strings.HasSuffix(left, "\n") {
			t.Errorf("%q is cut within a line of %q", left, text)
		}
		for _, c := range []byte(left) {
			if !isBase64(c) && !strings.ContainsRune(" \t\r\n", rune(c)) {
				t.Errorf("%q of %q has more than base64", left, text)
			}
		}
		if once, err := base64Length(strings.NewReader(left)); err != nil || once != n {
			t.Errorf("%q: %d, then %d, %v", text, n, once, err)
		}
	})
}
