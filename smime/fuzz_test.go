// Fuzz targets: splitter, fields, opening, rewriting, encryption.

package smime

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// seeds are the messages of testdata/seeds, which are ours, and those of the
// corpus where it is.
func seeds(f *testing.F) {
	f.Helper()
	found, err := filepath.Glob("testdata/seeds/*")
	if err != nil || len(found) == 0 {
		f.Fatal("no seeds in testdata/seeds: ", err)
	}
	if more, err := filepath.Glob("../../shared/corpus/*/eml/*.eml"); err == nil {
		found = append(found, more...)
	}
	if more, err := filepath.Glob("../../shared/corpus/comm-central/smime/*.eml"); err == nil {
		found = append(found, more...)
	}
	for _, name := range found {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 100<<10 {
			f.Add(data)
			f.Add(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
		}
	}
}

// FuzzEntity: what parses comes back to the byte, and the parts lie in order
// within the body.
func FuzzEntity(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEntity(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		if written(t, e) != string(data) {
			t.Error("it does not come back")
		}
		checkParts(t, e)
	})
}

func checkParts(t *testing.T, e *Entity) {
	m, err := e.multipart(context.Background())
	if m == nil || err != nil {
		return
	}
	at := e.off + e.body
	for _, p := range m.parts {
		if p.off < at || p.body > p.size || p.off+p.size > e.off+e.size {
			t.Fatalf("part at %d of %d octets after %d", p.off, p.size, at)
		}
		at = p.off + p.size
		checkParts(t, p)
	}
}

// FuzzFields: field values and parameters.
func FuzzFields(f *testing.F) {
	for _, s := range []string{`multipart/signed; boundary="a\"b"; micalg=sha-256`, "a/b; c*0*=utf-8''%41; c*1=B (x)", "a/b; c", `a/b; c="`, "=?utf-8?q?=41?=", "a/b;\r\n c=d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		fields, n, done := parseHeader([]byte("Content-Type: "+value), true)
		if !done || len(fields) == 0 {
			t.Fatal("the field is lost")
		}
		var raw []byte
		for _, f := range fields {
			raw = append(raw, f.Raw...)
			s, err := measure(bytes.NewReader(legalField(f.Raw)))
			if err != nil || !s.legal() {
				t.Errorf("%q is not legal: %+v, %v", f.Raw, s, err)
			}
		}
		if n < len(raw) || !strings.HasPrefix("Content-Type: "+value, string(raw)) {
			t.Error("the fields are not verbatim")
		}
		if v := fields[0].Value(); strings.ContainsAny(v, "\r\n") {
			t.Errorf("%q has a line end", v)
		}
		token, params := parseParameters(value)
		if token != strings.ToLower(token) || len(params) > len(value)+1 {
			t.Errorf("%q, %d parameters", token, len(params))
		}
	})
}

func fuzzSpool(t *testing.T) *spool.Spool {
	sp, err := spool.New(spool.Options{Dir: os.TempDir(), Memory: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return sp
}

// FuzzOpen: no panic, no error of ours, nothing left in the spool, and a
// message without layers stays as it came.
func FuzzOpen(f *testing.F) {
	seeds(f)
	keys := []cms.DecryptionKey{decryptionKey(issue(f, "p256")), decryptionKey(issue(f, "rsa-2048"))}
	f.Fuzz(func(t *testing.T, data []byte) {
		sp := fuzzSpool(t)
		m, err := Open(t.Context(), bytes.NewReader(data), int64(len(data)), OpenOptions{Keys: keys, Spool: sp, MaxExpanded: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, m.Inner.Section()); err != nil {
			t.Error(err)
		}
		if len(m.Layers) == 0 && m.Inner != m.Outer {
			t.Error("changed without a layer")
		}
		if err := m.Close(); err != nil || sp.Used() != 0 {
			t.Errorf("%v; %d octets left in the spool", err, sp.Used())
		}
	})
}

// FuzzRewrite: whatever comes, Legalize makes legal mail of it, Outer leaves that legal
// under few fields, TextOnly leaves no HTML, and what Prepare made verifies when it was
// signed.
func FuzzRewrite(f *testing.F) {
	seeds(f)
	c := issue(f, "p256")
	f.Fuzz(func(t *testing.T, data []byte) {
		sp := fuzzSpool(t)
		e, err := ParseEntity(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		legal, err := Legalize(context.Background(), e, sp)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := measure(legal.Section()); err != nil || !s.legal() {
			t.Errorf("not legal: %+v, %v", s, err)
		}
		fewFields(t, legal, sp)
		plain, err := TextOnly(context.Background(), legal, sp)
		if err != nil {
			t.Fatal(err)
		}
		noHTML(t, plain)
		if plain != legal {
			plain.Close()
		}
		signAndOpen(t, legal, signOptions(sp, c))
		legal.Close()
		if sp.Used() != 0 {
			t.Errorf("%d octets left in the spool", sp.Used())
		}
	})
}

func fewFields(t *testing.T, legal *Entity, sp *spool.Spool) {
	out, err := Outer(context.Background(), legal, sp)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if s, err := measure(out.Section()); err != nil || !s.legal() || len(out.Fields) > 3 || out.BodyOffset() > 2000 {
		t.Errorf("not what may stand outside: %+v, %v, %q", s, err, out.Fields)
	}
	if media, _ := out.ContentType(); strings.HasPrefix(media, "multipart/") {
		if _, err := out.multipart(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func noHTML(t *testing.T, e *Entity) {
	parts, err := e.Parts()
	if err != nil {
		t.Fatal(err)
	}
	if parts == nil && !e.isComposite() && fetches(e) {
		t.Errorf("%q is left", e.Get("Content-Type"))
	}
	for _, p := range parts {
		noHTML(t, p)
	}
}

func signAndOpen(t *testing.T, e *Entity, o SignOptions) {
	content, err := Prepare(context.Background(), e, PrepareOptions{Spool: o.Spool})
	if err != nil {
		if ignoreMalformed(err) != nil {
			t.Fatal(err)
		}
		return
	}
	defer content.Close()
	signed, err := Sign(context.Background(), content, o)
	if err != nil {
		t.Fatal(err)
	}
	defer signed.Close()
	m, err := Open(t.Context(), signed.Section(), signed.Size(), OpenOptions{Spool: o.Spool})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if len(m.Layers) == 0 || len(m.Layers[0].Signatures) != 1 || m.Layers[0].Signatures[0].Err != nil {
		t.Errorf("what we signed does not verify: %+v, %v", m.Layers, m.Malformed)
	}
}

// FuzzEncrypt: whatever is encrypted comes back to the byte, by every cipher.
func FuzzEncrypt(f *testing.F) {
	f.Add([]byte("hello\r\n"), uint8(0))
	f.Add([]byte{}, uint8(1))
	f.Add(random(300), uint8(3))
	certs := []*testpki.Cert{issue(f, "rsa-2048"), issue(f, "p256"), issue(f, "p521")}
	ciphers := cms.Ciphers()
	f.Fuzz(func(t *testing.T, body []byte, how uint8) {
		sp := fuzzSpool(t)
		c, cipher := certs[int(how)%len(certs)], ciphers[int(how)%len(ciphers)]
		content := parse(t, "Content-Type: application/octet-stream\r\n\r\n"+string(body))
		sealed, err := Encrypt(context.Background(), content, EncryptOptions{Cipher: cipher, Recipients: recipients(c), Spool: sp})
		if err != nil {
			t.Fatal(err)
		}
		defer sealed.Close()
		m, err := Open(t.Context(), sealed.Section(), sealed.Size(), OpenOptions{Keys: []cms.DecryptionKey{decryptionKey(c)}, Spool: sp})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if m.Undecryptable != nil || m.Malformed != nil || text(t, m.Inner) != text(t, content) {
			t.Errorf("%s: %v, %v", cipher, m.Undecryptable, m.Malformed)
		}
	})
}

// FuzzEmbedded: looking for headers ends, leaves nothing behind, and a fault of
// the message is never one of ours.
func FuzzEmbedded(f *testing.F) {
	seeds(f)
	f.Add([]byte(wrapped("Message-ID: <1@x>\r\n\r\ntext\r\n", "base64", maxEncoded+1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEntity(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		sp := newSpool(t)
		if err := Embedded(context.Background(), e, sp, func([]Field) {}); err != nil && !errors.Is(err, ErrBeyond) {
			t.Error(err)
		}
		if sp.Used() != 0 {
			t.Errorf("%d octets are left in the spool", sp.Used())
		}
	})
}
