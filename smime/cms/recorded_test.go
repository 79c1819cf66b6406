// Messages that OpenSSL, NSS, gpgsm and BouncyCastle wrote, recorded by the
// interoperability tests, are read without those programs; so are ours that all
// of them that can have read.

package cms

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealgate/spool"
)

// recordedText is the content of all recorded messages; see interop/matrix_test.go.
const recordedText = "Content-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag,\r\nthe same text for every peer.\r\n"

func newSpool(tb testing.TB) *spool.Spool {
	tb.Helper()
	s, err := spool.New(spool.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func parse(tb testing.TB, message []byte) *ContentInfo {
	tb.Helper()
	info, err := Parse(bytes.NewReader(message), int64(len(message)))
	if err != nil {
		tb.Fatal(err)
	}
	return info
}

// verifyAll verifies a message whose content, if detached, is given.
func verifyAll(tb testing.TB, message, detached []byte) []Signature {
	tb.Helper()
	sd := parse(tb, message).Signed
	content := detached
	if sd.Content != nil {
		var err error
		if content, err = io.ReadAll(sd.Content.NewReader()); err != nil {
			tb.Fatal(err)
		}
	}
	v := sd.Verifier()
	v.Write(content)
	return v.Verify(context.Background(), bytes.NewReader(content), int64(len(content)))
}

func decryptionKey(tb testing.TB, name string) DecryptionKey {
	id := load(tb, name)
	return DecryptionKey{id.Certificate, id.Key}
}

// decryptBytes decrypts with the keys named.
func decryptBytes(tb testing.TB, message []byte, names ...string) ([]byte, []int, error) {
	tb.Helper()
	var keys []DecryptionKey
	for _, n := range names {
		keys = append(keys, decryptionKey(tb, n))
	}
	p, err := parse(tb, message).Enveloped.Decrypt(context.Background(), DecryptOptions{Keys: keys, Spool: newSpool(tb)})
	if err != nil {
		return nil, nil, err
	}
	defer p.File.Close()
	b, err := io.ReadAll(p.File.NewReader())
	if err != nil {
		tb.Fatal(err)
	}
	return b, p.Keys, nil
}

func recordedMessages(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/interop/*/*.der")
	if err != nil || len(files) < 100 {
		tb.Fatalf("%d recorded messages, %v", len(files), err)
	}
	return files
}

func TestRecordedPeers(t *testing.T) {
	for _, file := range recordedMessages(t) {
		t.Run(strings.TrimPrefix(file, "testdata/interop/"), func(t *testing.T) {
			t.Parallel()
			message, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Split(strings.TrimSuffix(filepath.Base(file), ".der"), "_")
			switch words[0] {
			case "sign":
				checkRecordedSignature(t, message, words)
			case "encrypt":
				checkRecordedEncryption(t, message, words)
			case "compressed":
				var out bytes.Buffer
				if err := parse(t, message).Compressed.Decompress(&out, 1000); err != nil || out.String() != recordedText {
					t.Errorf("%q, %v", out.String(), err)
				}
			case "certs-only":
				if n := len(parse(t, message).Signed.Certificates); n < 2 {
					t.Errorf("%d certificates", n)
				}
			default:
				t.Errorf("unknown kind of message %q", words[0])
			}
		})
	}
}

// checkRecordedSignature compares with the name: sign, algorithm, key, digest, mode.
func checkRecordedSignature(t *testing.T, message []byte, words []string) {
	if opaque := parse(t, message).Signed.Content != nil; opaque != (words[4] == "opaque") {
		t.Errorf("opaque: %v", opaque)
	}
	signatures := verifyAll(t, message, []byte(recordedText))
	if len(signatures) != 1 {
		t.Fatalf("%d signatures", len(signatures))
	}
	s := signatures[0]
	if s.Err != nil || s.Algorithm != words[1] || s.Digest != words[3] || !s.Certificate.Equal(load(t, words[2]).Certificate) {
		t.Errorf("%s, %s, %v", s.Algorithm, s.Digest, s.Err)
	}
	weak := words[3] == "sha-1" || words[3] == "md5"
	if weak != (len(s.Weak) > 0) {
		t.Errorf("weak: %q", s.Weak)
	}
	v := parse(t, message).Signed.Verifier()
	changed := []byte(strings.Replace(recordedText, "same", "Same", 1))
	v.Write(changed)
	if err := v.Verify(context.Background(), bytes.NewReader(changed), int64(len(changed)))[0].Err; err == nil {
		t.Error("a changed text verifies")
	}
}

// checkRecordedEncryption compares with the name: encrypt, cipher, key, rest.
func checkRecordedEncryption(t *testing.T, message []byte, words []string) {
	e := parse(t, message).Enveloped
	if !strings.HasPrefix(words[1], e.Cipher) || len(e.Recipients) == 0 {
		t.Errorf("cipher %s, %d recipients", e.Cipher, len(e.Recipients))
	}
	if weak := strings.HasPrefix(words[1], "rc2") || strings.HasPrefix(words[1], "des"); weak != (len(e.Weak) > 0) {
		t.Errorf("weak: %q", e.Weak)
	}
	got, keys, err := decryptBytes(t, message, "rsa2", words[2])
	if err != nil || string(got) != recordedText || len(keys) != 1 || keys[0] != 1 {
		t.Errorf("%q, keys %v, %v", got, keys, err)
	}
	// One random key in 256 leaves good padding (CBC), and rubbish in front of it.
	rubbish, _, err := decryptBytes(t, message, "rsa2")
	if err != ErrNoRecipient && (err != nil || string(rubbish) == recordedText) {
		t.Errorf("with another's key: %q, %v", rubbish, err)
	}
}

// TestRecordedDSA: with SHA-1 the corpus has messages of RFC 4134 and PKITS. With SHA-256
// it is openssl's, by a self-signed certificate: openssl cms -sign -binary -nodetach -md
// sha256 -signer c.pem -inkey k.pem -outform DER.
func TestRecordedDSA(t *testing.T) {
	message, err := os.ReadFile("testdata/dsa-sha-256.der")
	if err != nil {
		t.Fatal(err)
	}
	s := verifyAll(t, message, nil)
	if len(s) != 1 || s[0].Err != nil || s[0].Algorithm != "dsa" || s[0].Digest != "sha-256" || !slices.Contains(s[0].Weak, "dsa") {
		t.Errorf("%+v", s)
	}
	at := bytes.Index(message, []byte("signed with DSA"))
	message[at] ^= 0x20
	if s := verifyAll(t, message, nil); !errors.Is(s[0].Err, ErrSignature) {
		t.Errorf("a changed text: %v", s[0].Err)
	}
}

// TestRecordedX25519: the X9.63 derivation with X25519, which RFC 8418 §2 allows beside HKDF,
// as Haskell's cryptostore 0.2.3 writes it (forKeyAgreeRecipient with StdDH, SHA-256 and
// AES256_WRAP). It is opened also when the certificate was renewed.
func TestRecordedX25519(t *testing.T) {
	message, err := os.ReadFile("testdata/x25519-x963.der")
	if err != nil {
		t.Fatal(err)
	}
	id := load(t, "x25519")
	renewed := *id.Certificate
	renewed.SerialNumber = big.NewInt(1)
	renewed.Raw = nil
	for name, c := range map[string]*x509.Certificate{"the certificate": id.Certificate, "a renewed one": &renewed} {
		o := DecryptOptions{Keys: []DecryptionKey{{c, id.Key}}, Spool: newSpool(t)}
		plain, err := parse(t, message).Enveloped.Decrypt(context.Background(), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		defer plain.File.Close()
		if text, err := io.ReadAll(plain.File.NewReader()); err != nil || string(text) != recordedText {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
