// What the tests of this package share.

package smime

import (
	"bytes"
	"compress/zlib"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"strings"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// crlf writes a test message with LF as one with CRLF.
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

func newSpool(t testing.TB) *spool.Spool {
	t.Helper()
	sp, err := spool.New(spool.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if sp.Used() != 0 {
			t.Errorf("%d octets are left in the spool", sp.Used())
		}
	})
	return sp
}

func parse(t testing.TB, s string) *Entity {
	t.Helper()
	e, err := ParseEntity(strings.NewReader(s), int64(len(s)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// text is the whole of e.
func text(t testing.TB, e *Entity) string {
	t.Helper()
	b, err := io.ReadAll(e.Section())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func closing(t testing.TB, c io.Closer) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// opened opens a message and closes it at the end of the test.
func opened(t testing.TB, sp *spool.Spool, msg string, keys ...cms.DecryptionKey) *Message {
	t.Helper()
	m, err := Open(t.Context(), strings.NewReader(msg), int64(len(msg)), OpenOptions{Keys: keys, Spool: sp})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, m)
	return m
}

func issue(t testing.TB, key string) *testpki.Cert {
	t.Helper()
	return testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: key})
}

func signOptions(sp *spool.Spool, c *testpki.Cert) SignOptions {
	return SignOptions{Signer: cms.Signer{Certificate: c.Certificate, Key: c.Key}, Chain: c.Chain(), Spool: sp, Unprepared: true}
}

func recipients(certs ...*testpki.Cert) (r []cms.Recipient) {
	for _, c := range certs {
		r = append(r, cms.Recipient{Certificate: c.Certificate})
	}
	return r
}

func decryptionKey(c *testpki.Cert) cms.DecryptionKey {
	return cms.DecryptionKey{Certificate: c.Certificate, Key: c.Key}
}

// under puts an entity of Content-* fields under the header of a message.
func under(t testing.TB, header string, e *Entity) string {
	t.Helper()
	return crlf(header) + text(t, e)
}

func toCRLF(t testing.TB, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := ToCRLF(&out, bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// compressedEntity is a compressed layer (RFC 3274), which we read and do not write.
func compressedEntity(t testing.TB, content string) string {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	type algorithm struct{ ID asn1.ObjectIdentifier }
	type encapsulated struct {
		ID      asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	type compressedData struct {
		Version int
		Zlib    algorithm
		Content encapsulated
	}
	der, err := asn1.Marshal(struct {
		ID   asn1.ObjectIdentifier
		Data compressedData `asn1:"explicit,tag:0"`
	}{
		asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 9},
		compressedData{0, algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 3, 8}}, encapsulated{oidData, z.Bytes()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := seal(newSpool(t).Create(), "compressed-data", "smime.p7z", func(dst io.Writer) error {
		_, err := dst.Write(der)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return text(t, e)
}

func mustVerify(t testing.TB, m *Message, layer int, c *x509.Certificate) {
	t.Helper()
	if layer >= len(m.Layers) {
		t.Fatalf("layers: %+v; malformed: %v, undecryptable: %v", m.Layers, m.Malformed, m.Undecryptable)
	}
	l := m.Layers[layer]
	if len(l.Signatures) != 1 || l.Signatures[0].Err != nil || !l.Signatures[0].Certificate.Equal(c) {
		t.Fatalf("layer %d is not signed by %s: %+v", layer, c.Subject, l.Signatures)
	}
}
