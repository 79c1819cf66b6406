// Tricks with structure, labels and boundaries, one test each.

package smime

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// signedEntity is a detached signature over a text.
func signedEntity(t *testing.T, sp *spool.Spool, c *testpki.Cert, content string) string {
	t.Helper()
	e, err := Sign(context.Background(), parse(t, crlf(content)), signOptions(sp, c))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return text(t, e)
}

func sealedEntity(t *testing.T, sp *spool.Spool, c *testpki.Cert, cipher, content string) string {
	t.Helper()
	e, err := Encrypt(context.Background(), parse(t, content), EncryptOptions{Cipher: cipher, Recipients: recipients(c), Spool: sp})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return text(t, e)
}

const hello = "Content-Type: text/plain\n\nhello\n"

// TestLabelsDoNotMatter: micalg, protocol and smime-type wrong, unknown or
// missing; the content decides.
func TestLabelsDoNotMatter(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	signed := signedEntity(t, sp, c, hello)
	sealed := sealedEntity(t, sp, c, "aes-128-cbc", crlf(hello))
	for _, r := range [][2]string{
		{"micalg=sha-256", "micalg=md5"},
		{"micalg=sha-256", "micalg=\"sha-999, x\""},
		{"micalg=sha-256; ", ""},
		{"protocol=\"application/pkcs7-signature\"", "protocol=\"application/x-pkcs7-signature\""},
		{"protocol=\"application/pkcs7-signature\";", ""},
		{"protocol=\"application/pkcs7-signature\"", "protocol=\"application/pgp-signature\""},
		{"Content-Type: application/pkcs7-signature", "Content-Type: application/x-pkcs7-signature"},
		{"Content-Type: application/pkcs7-signature", "Content-Type: application/octet-stream"},
		{"Content-Transfer-Encoding: base64\r\n", ""},
	} {
		if !strings.Contains(signed, r[0]) {
			t.Fatalf("%q is not in the message", r[0])
		}
		m := opened(t, sp, strings.Replace(signed, r[0], r[1], 1))
		mustVerify(t, m, 0, c.Certificate)
	}
	for _, r := range [][2]string{
		{"smime-type=enveloped-data", "smime-type=signed-data"},
		{"smime-type=enveloped-data;", ""},
		{"smime-type=enveloped-data", "smime-type=certs-only"},
		{"application/pkcs7-mime", "application/x-pkcs7-mime"},
		{"application/pkcs7-mime", "application/octet-stream"},
		{"application/pkcs7-mime", "application/pkcs7-signature"},
		{"Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: 7bit\r\n"},
	} {
		if !strings.Contains(sealed, r[0]) {
			t.Fatalf("%q is not in the message", r[0])
		}
		m := opened(t, sp, strings.Replace(sealed, r[0], r[1], 1), decryptionKey(c))
		if len(m.Layers) != 1 || m.Layers[0].Type != Enveloped || text(t, m.Inner) != crlf(hello) {
			t.Errorf("%q: %+v %v", r[1], m.Layers, m.Malformed)
		}
	}
}

// TestSignedPartIsNotTheWholeMail: text before, after or around the signed part.
func TestSignedPartIsNotTheWholeMail(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	signed := signedEntity(t, sp, c, hello)
	mixed := func(parts ...string) string {
		return "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" + strings.Join(parts, "\r\n--m\r\n") + "\r\n--m--\r\n"
	}
	for name, msg := range map[string]string{
		"prepended": mixed("\r\npay me\r\n", signed),
		"appended":  mixed(signed, "\r\nfooter\r\n"),
		"alone":     mixed(signed),
		"deeper":    mixed(mixed2(signed)),
	} {
		m := opened(t, sp, msg)
		if len(m.Layers) != 0 || !m.PartialSigned || m.Inner != m.Outer {
			t.Errorf("%s: %+v", name, m)
		}
	}
	for name, msg := range map[string]string{
		"attached":           mixed("\r\nx\r\n", "Content-Disposition: attachment; filename=a.eml\r\n"+signed),
		"in a message":       mixed("\r\nx\r\n", "Content-Type: message/rfc822\r\n\r\n"+signed),
		"message as a whole": "Content-Type: message/rfc822\r\n\r\n" + signed,
	} {
		if m := opened(t, sp, msg); len(m.Layers) != 0 || m.PartialSigned {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func mixed2(part string) string {
	return "Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\n" + part + "\r\n--r--\r\n"
}

// TestThirdPart: a multipart/signed with other than two parts is not opened, so
// that nothing is hidden.
func TestThirdPart(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	signed := signedEntity(t, sp, c, hello)
	_, params := parse(t, signed).ContentType()
	b := "\r\n--" + params["boundary"]
	for name, msg := range map[string]string{
		"appended":  strings.Replace(signed, b+"--", b+"\r\n\r\nmore\r\n"+b+"--", 1),
		"prepended": strings.Replace(signed, "\r\n\r\n--"+params["boundary"], "\r\n"+b+"\r\n\r\nmore"+b, 1),
		"one part":  signed[:strings.LastIndex(signed, b[2:]+"\r\n")] + b + "--\r\n",
		"none":      strings.ReplaceAll(signed, b, "\r\n--x"),
	} {
		m := opened(t, sp, msg)
		if m.Malformed == nil || m.Inner != m.Outer || len(m.Layers) != 1 || m.Layers[0].Err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestEmbeddedContentIsNotShown: a detached signature that brings its own content
// is verified over the part that is shown.
func TestEmbeddedContentIsNotShown(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	o := signOptions(sp, c)
	o.Opaque = true
	opaque, err := Sign(context.Background(), parse(t, crlf(hello)), o)
	if err != nil {
		t.Fatal(err)
	}
	defer opaque.Close()
	part := strings.Replace(text(t, opaque), "application/pkcs7-mime", "application/pkcs7-signature", 1)
	msg := func(shown string) string {
		return "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n--b\r\n" + crlf(shown) + "\r\n--b\r\n" + part + "\r\n--b--\r\n"
	}
	mustVerify(t, opened(t, sp, msg(hello)), 0, c.Certificate)
	m := opened(t, sp, msg("Content-Type: text/plain\n\nforgery\n"))
	if len(m.Layers) != 1 || !errors.Is(m.Layers[0].Signatures[0].Err, cms.ErrSignature) {
		t.Errorf("%+v", m.Layers)
	}
}

// TestSignatureAroundCiphertext covers no more than that, at any depth.
func TestSignatureAroundCiphertext(t *testing.T) {
	sp := newSpool(t)
	victim, attacker := issue(t, "p256"), issue(t, "p256")
	msg := sealedEntity(t, sp, victim, "aes-128-cbc", crlf(hello))
	for range 2 {
		msg = signedEntity(t, sp, attacker, msg)
	}
	for _, keys := range [][]cms.DecryptionKey{nil, {decryptionKey(victim)}} {
		m := opened(t, sp, msg, keys...)
		if len(m.Layers) != 3 || m.Layers[0].Covers != CoversCiphertext || m.Layers[1].Covers != CoversCiphertext {
			t.Errorf("%+v", m.Layers)
		}
	}
}

// TestEFAILStructures: ciphertext in surroundings of the attacker's is never
// opened, so its text cannot leak into them.
func TestEFAILStructures(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	sealed := sealedEntity(t, sp, c, "aes-128-cbc", crlf("Content-Type: text/plain\n\nthe secret\n"))
	for _, kind := range []string{"mixed", "related", "alternative", "digest; x=y", "signed; protocol=\"application/pgp-signature\""} {
		for _, disposition := range []string{"inline", "attachment"} {
			part := strings.Replace(sealed, "Content-Disposition: attachment", "Content-Disposition: "+disposition, 1)
			msg := "Content-Type: multipart/" + kind + "; boundary=m\r\n\r\n--m\r\nContent-Type: text/html\r\n\r\n<img src=\"https://evil.example/\r\n--m\r\n" +
				part + "\r\n--m\r\nContent-Type: text/html\r\n\r\n\">\r\n--m--\r\n"
			m := opened(t, sp, msg, decryptionKey(c))
			if len(m.Layers) != 0 || !m.PartialEncrypted || m.Inner != m.Outer {
				t.Errorf("%s, %s: %+v", kind, disposition, m)
			}
		}
	}
}

// TestAttachmentsAreOpaque: Italian invoices and bundles of certificates.
func TestAttachmentsAreOpaque(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	o := signOptions(sp, c)
	o.Opaque = true
	invoice, err := Sign(context.Background(), parse(t, crlf(hello)), o)
	if err != nil {
		t.Fatal(err)
	}
	defer invoice.Close()
	part := strings.ReplaceAll(text(t, invoice), "smime.p7m", "invoice.xml.p7m")
	m := opened(t, sp, "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nsee attachment\r\n--m\r\n"+part+"\r\n--m--\r\n")
	if m.PartialSigned || len(m.Layers) > 0 {
		t.Errorf("%+v", m)
	}
	notCMS := opened(t, sp, "Content-Type: application/octet-stream; name=x.p7m\r\n\r\njust a file\r\n")
	if notCMS.Malformed != nil || len(notCMS.Layers) > 0 {
		t.Errorf("a file with that name: %+v", notCMS)
	}
}

// TestLayersBound: one layer below the bound is opened, one above is not.
func TestLayersBound(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	msg := crlf(hello)
	for range maxLayers {
		msg = signedEntity(t, sp, c, msg)
	}
	m := opened(t, sp, msg)
	if len(m.Layers) != maxLayers || m.Malformed != nil || text(t, m.Inner) != crlf(hello) {
		t.Errorf("%d layers: %v", len(m.Layers), m.Malformed)
	}
	m = opened(t, sp, signedEntity(t, sp, c, msg))
	if len(m.Layers) != maxLayers || !errors.Is(m.Malformed, ErrMalformed) {
		t.Errorf("one more: %d layers, %v", len(m.Layers), m.Malformed)
	}
}

// TestBoundaryTricks: two readers must not see two different messages.
func TestBoundaryTricks(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	signed := signedEntity(t, sp, c, hello)
	_, params := parse(t, signed).ContentType()
	b := params["boundary"]
	for name, msg := range map[string]string{
		"second boundary parameter": strings.Replace(signed, "boundary=\""+b+"\"", "boundary=\""+b+"\"; boundary=other", 1),
		"close delimiter missing":   strings.TrimSuffix(signed, "\r\n--"+b+"--\r\n"),
		"LF only":                   strings.ReplaceAll(signed, "\r\n", "\n"),
		"RFC 2231":                  strings.Replace(signed, "boundary=\""+b+"\"", "boundary*0=\""+b[:5]+"\"; boundary*1=\""+b[5:]+"\"", 1),
	} {
		m := opened(t, sp, msg)
		if len(m.Layers) == 0 {
			t.Errorf("%s: not seen as signed", name)
			continue
		}
		mustVerify(t, m, 0, c.Certificate)
	}
	for name, msg := range map[string]string{
		"line appended to the signed part": strings.Replace(signed, "hello\r\n", "hello\r\n\r\n", 1),
		"line end taken away":              strings.Replace(signed, "hello\r\n", "hello", 1),
		"field added to the signed part":   strings.Replace(signed, "Content-Type: text/plain\r\n", "Content-Type: text/plain\r\nX: y\r\n", 1),
		"blank added":                      strings.Replace(signed, "hello", "hello ", 1),
		"bare LF in a CRLF part":           strings.Replace(signed, "hello\r\n", "hello\n", 1),
	} {
		m := opened(t, sp, msg)
		if len(m.Layers) != 1 || len(m.Layers[0].Signatures) != 1 || !errors.Is(m.Layers[0].Signatures[0].Err, cms.ErrSignature) {
			t.Errorf("%s: %+v", name, m.Layers)
		}
	}
}

// TestTransferEncodings: CMS in binary, quoted-printable and without a label.
func TestTransferEncodings(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	e := parse(t, sealedEntity(t, sp, c, "aes-256-gcm", crlf(hello)))
	der, err := decode(context.Background(), e, "base64", sp)
	if err != nil {
		t.Fatal(err)
	}
	defer der.Close()
	var quoted strings.Builder
	if err := encodeQuoted(&quoted, der.reader()); err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, der.size)
	if err := readFull(der, raw, 0); err != nil {
		t.Fatal(err)
	}
	for encoding, body := range map[string]string{"binary": string(raw), "8bit": string(raw), "Quoted-Printable": quoted.String(), "7BIT": text(t, e)[e.BodyOffset():]} {
		m := opened(t, sp, "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: "+encoding+"\r\n\r\n"+body, decryptionKey(c))
		if len(m.Layers) != 1 || m.Layers[0].Err != nil || text(t, m.Inner) != crlf(hello) {
			t.Errorf("%s: %+v %v", encoding, m.Layers, m.Malformed)
		}
	}
	for name, msg := range map[string]string{
		"bytes after it":   "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + string(raw) + "more",
		"cut short":        "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + string(raw[:len(raw)-9]),
		"unknown encoding": "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nx",
		"nothing":          "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n",
	} {
		m := opened(t, sp, msg, decryptionKey(c))
		if m.Malformed == nil || m.Inner != m.Outer || m.Undecryptable != nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestMicalg names the digest of each kind of key.
func TestMicalg(t *testing.T) {
	for key, want := range map[string]string{"rsa-2048": "sha-256", "p256": "sha-256", "p384": "sha-384", "p521": "sha-512", "ed25519": "sha-512"} {
		_, params := parse(t, signedEntity(t, newSpool(t), issue(t, key), hello)).ContentType()
		if params["micalg"] != want || params["protocol"] != "application/pkcs7-signature" {
			t.Errorf("%s: %v", key, params)
		}
	}
	for h, want := range map[crypto.Hash]string{crypto.SHA3_256: "sha3-256", crypto.SHA3_384: "sha3-384", crypto.SHA3_512: "sha3-512"} {
		if got := micalg(h); got != want {
			t.Errorf("%v: %s", h, got)
		}
	}
}

// TestBeginsAsMail: what a CBC plaintext must look like.
func TestBeginsAsMail(t *testing.T) {
	sp := newSpool(t)
	for s, want := range map[string]bool{
		"Content-Type: text/plain\r\n\r\nx":          true,
		"Content-Type: image/png\r\n\r\n\x89PNG\x00": true,
		"\r\ntext\r\n":                 true,
		"This is some sample content.": true,
		"Grüße":                        true,
		"":                             true,
		"\x00":                         false,
		"Content-Type: \x01\r\n\r\n":   false,
		"\xe5\x13\x9a\xff\xf0\x01abc":  false,
		"a\xff\xfe\xfd":                false,
		"X: " + strings.Repeat("a", sniffed) + "\r\n\r\n\x00": true,
		strings.Repeat("ä", sniffed):                          true,
		"a" + strings.Repeat("ä", sniffed):                    true,
		strings.Repeat("\xfc", manyOctets):                    false,
		strings.Repeat("a\xfc", manyOctets/2) + "b":           true,
		strings.Repeat("a\xfc", manyOctets/2):                 false, // half is not most
		strings.Repeat("a", manyOctets-2) + "\xfc":            false,
		strings.Repeat("a", manyOctets-1) + "\xfc":            true,
		"\r\n" + strings.Repeat("gr\xfcn ", 99):               true,
		"From x\r\n\x00":                                      false,
		"Content-Type: text/plain\r\n\x89PNG\x00\r\n":         false,
	} {
		f := sp.Create()
		if _, err := f.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if beginsAsMail(f) != want {
			t.Errorf("%.30q: %v", s, !want)
		}
		f.Close()
	}
}

// TestOurFaults: a full spool and a done context are errors, not verdicts.
func TestOurFaults(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	for name, msg := range map[string]string{
		"encrypted": sealedEntity(t, sp, c, "aes-128-cbc", crlf(hello)),
		"signed":    signedEntity(t, sp, c, hello),
	} {
		small, err := spool.New(spool.Options{Dir: t.TempDir(), Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), strings.NewReader(msg), int64(len(msg)), OpenOptions{Keys: []cms.DecryptionKey{decryptionKey(c)}, Spool: small}); !errors.Is(err, spool.ErrFull) {
			t.Errorf("%s, spool full: %v", name, err)
		}
		if small.Used() != 0 {
			t.Errorf("%s: %d octets left in the spool", name, small.Used())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Open(ctx, strings.NewReader(msg), int64(len(msg)), OpenOptions{Spool: sp}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
		if _, err := Open(t.Context(), brokenReader{}, 100, OpenOptions{Spool: sp}); !errors.Is(err, errBroken) {
			t.Errorf("reader that fails: %v", err)
		}
	}
}

var errBroken = fmt.Errorf("broken")

type brokenReader struct{}

func (brokenReader) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

// TestHugeHeader is malformed, not an error, and stays as it came.
func TestHugeHeader(t *testing.T) {
	m := opened(t, newSpool(t), "X: "+strings.Repeat("a", maxHeader)+"\r\n\r\n")
	if m.Malformed == nil || m.Inner != m.Outer || m.Outer.BodyOffset() != 0 {
		t.Errorf("%v", m.Malformed)
	}
}
