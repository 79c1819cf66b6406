package certstore

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sealgate/internal/testpki"
)

func TestBundles(t *testing.T) {
	p := testpki.New(t)
	a, b := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}}), p.Issue(testpki.Options{Addresses: []string{"c@d.example"}, Key: "ed25519"})
	p7b, err := WriteBundle([]*x509.Certificate{a.Certificate, b.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	asPEM := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for name, k := range map[string]struct {
		data []byte
		n    int
	}{
		"DER": {a.Certificate.Raw, 1}, "PEM": {append(a.CertPEM(), b.CertPEM()...), 2}, ".p7b": {p7b, 2}, "PEM of a bundle": {asPEM("PKCS7", p7b), 2},
	} {
		if got, err := ReadCertificates(k.data); err != nil || len(got) != k.n || !got[0].Equal(a.Certificate) {
			t.Errorf("%s: %d certificates, %v", name, len(got), err)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("hello"), "a key": asPEM("PRIVATE KEY", []byte("x")), "nested 30 80": bytes.Repeat([]byte{0x30, 0x80}, 500<<10)} {
		if _, err := ReadCertificates(data); !errors.Is(err, ErrBundle) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadCertificates(make([]byte, maxBundle+1)); err == nil {
		t.Error("a bundle above the bound was read")
	}
}

// TestOpensslReadsOurBundle, and we read openssl's.
func TestOpensslReadsOurBundle(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	p := testpki.New(t)
	a := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}})
	_, cert := p.Files(a, "a")
	ours, theirs := filepath.Join(t.TempDir(), "ours.p7b"), filepath.Join(t.TempDir(), "theirs.p7b")
	p7b, err := WriteBundle([]*x509.Certificate{a.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(ours, p7b, 0o600)
	out, err := exec.Command("openssl", "pkcs7", "-inform", "DER", "-in", ours, "-print_certs").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("a@b.example")) {
		t.Errorf("%v %s", err, out)
	}
	if out, err := exec.Command("openssl", "crl2pkcs7", "-nocrl", "-certfile", cert, "-outform", "DER", "-out", theirs).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	data, _ := os.ReadFile(theirs)
	if got, err := ReadCertificates(data); err != nil || len(got) != 1 || !got[0].Equal(a.Certificate) {
		t.Errorf("%d certificates, %v", len(got), err)
	}
}

// TestHostileBundles: what an AIA address may answer with takes linear time.
func TestHostileBundles(t *testing.T) {
	tlv := func(tag byte, parts ...[]byte) []byte {
		b := bytes.Join(parts, nil)
		return append(binary.BigEndian.AppendUint32([]byte{tag, 0x84}, uint32(len(b))), b...)
	}
	bundle := func(content []byte) []byte {
		data, signed := []byte("\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x01"), []byte("\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02")
		return tlv(0x30, signed, tlv(0xa0, tlv(0x30, []byte{2, 1, 1}, tlv(0x31), tlv(0x30, data, tlv(0xa0, content)), tlv(0xa0, testpki.New(t).Root.Certificate.Raw), tlv(0x31))))
	}
	for name, data := range map[string][]byte{
		"empty segments": bundle(slices.Concat([]byte{0x24, 0x80}, bytes.Repeat([]byte{4, 0}, 500000), []byte{0, 0})),
		"small segments": bundle(slices.Concat([]byte{0x24, 0x80}, bytes.Repeat([]byte{4, 1, 0}, 340000), []byte{0, 0})),
		"BEGIN lines":    bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n"), maxBundle/28),
		"BEGIN words":    bytes.Repeat([]byte("-----BEGIN "), maxBundle/11),
		"END lines":      append([]byte("-----BEGIN PKCS7-----\n"), bytes.Repeat([]byte("-----END X-----\n"), maxBundle/17)...),
		"empty blocks":   bytes.Repeat([]byte("-----BEGIN X-----\n-----END X-----\n"), maxBundle/35),
	} {
		start := time.Now()
		list, err := ReadCertificates(data)
		if d := time.Since(start); d > 2*time.Second || len(data) > maxBundle {
			t.Errorf("%s: %d certificates, %v, after %v", name, len(list), err, d)
		}
	}
}

// TestAnyDERIsRead: also a certificate whose last octet looks like a line end or a
// blank, and one that a line end was added to.
func TestAnyDERIsRead(t *testing.T) {
	p, seen := testpki.New(t), map[byte]bool{}
	for n := 0; n < 20000 && len(seen) < 3; n++ {
		der := p.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, ReuseKeyFrom: p.Root}).Certificate.Raw
		last := der[len(der)-1]
		if seen[last] || !bytes.ContainsRune([]byte("\n\r\t \x00"), rune(last)) {
			continue
		}
		seen[last] = true
		for _, after := range []string{"", "\n", "\r\n", "\x00"} {
			if list, err := ReadCertificates(append(slices.Clone(der), after...)); err != nil || !bytes.Equal(list[0].Raw, der) {
				t.Errorf("ends with %#x and %q: %v", last, after, err)
			}
		}
	}
	if len(seen) < 3 {
		t.Error("no such certificate in 20,000")
	}
}

// TestBadCertificateInABundle does not matter beside a good one.
func TestBadCertificateInABundle(t *testing.T) {
	good := testpki.New(t).Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}}).Certificate
	bad := &x509.Certificate{Raw: []byte{0x30, 0x03, 0x02, 0x01, 0x07}}
	for _, k := range []struct {
		list []*x509.Certificate
		want int
	}{{[]*x509.Certificate{bad, good}, 1}, {[]*x509.Certificate{good, bad}, 1}, {[]*x509.Certificate{bad}, 0}} {
		der, err := WriteBundle(k.list)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := ReadCertificates(der); len(list) != k.want || (err == nil) != (k.want > 0) {
			t.Errorf("%d, want %d: %v", len(list), k.want, err)
		}
	}
}
