// What Encrypt writes is decrypted by openssl, and refused when it should be.

package cms

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"testing"
)

// recipientCase is one key management algorithm.
type recipientCase struct {
	key  string
	oaep bool
	hash crypto.Hash
	ski  bool
	kdf  string
}

func (c recipientCase) String() string {
	s := c.key
	if c.oaep {
		s += fmt.Sprintf("/oaep-%v", c.hash)
	}
	if c.kdf != "" {
		s += "/kdf-" + c.kdf
	}
	if c.ski {
		s += "/ski"
	}
	return s
}

func (c recipientCase) recipient(tb testing.TB) Recipient {
	return Recipient{Certificate: load(tb, c.key).Certificate, OAEP: c.oaep, OAEPHash: c.hash, SKI: c.ski, KDF: c.kdf}
}

// recipientCases are all key management algorithms that we write.
func recipientCases() []recipientCase {
	cases := []recipientCase{
		{key: "rsa"},
		{key: "rsa", ski: true},
		{key: "rsa", oaep: true},
		{key: "rsa", oaep: true, hash: crypto.SHA384},
		{key: "rsa", oaep: true, hash: crypto.SHA512, ski: true},
		{key: "p256", ski: true},
		{key: "bp256", ski: true},
		{key: "x25519", ski: true},
	}
	for _, key := range []string{"p256", "p384", "p521", "bp256", "bp384", "bp512", "x25519"} {
		for _, kdf := range []string{"", "sha-256", "sha-384", "sha-512"} {
			cases = append(cases, recipientCase{key: key, kdf: kdf})
		}
	}
	return cases
}

func encryptBytes(tb testing.TB, content []byte, cipher string, recipients ...Recipient) []byte {
	tb.Helper()
	var out bytes.Buffer
	o := EncryptOptions{Cipher: cipher, Recipients: recipients, SelfOnly: true}
	if err := Encrypt(context.Background(), &out, bytes.NewReader(content), int64(len(content)), o); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func opensslDecrypt(t *testing.T, encrypted []byte, id identity, want []byte) {
	t.Helper()
	out, err := openssl(t, encrypted, "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", id.keyFile(), "-recip", id.certFile())
	if err != nil {
		t.Fatal("openssl does not decrypt it")
	}
	if !bytes.Equal(out, want) {
		t.Errorf("openssl decrypts %d other bytes", len(out))
	}
}

// opensslReads says what openssl cannot: it has no ChaCha20-Poly1305 in CMS, and
// OpenSSL 3.0 no X25519 with HKDF.
func opensslReads(cipher string, c recipientCase) bool {
	return cipher != "chacha20-poly1305" && c.key != "x25519"
}

func TestEncryptOpenSSL(t *testing.T) {
	for _, c := range recipientCases() {
		if !opensslReads("aes-256-cbc", c) {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			opensslDecrypt(t, encryptBytes(t, signText, "aes-256-cbc", c.recipient(t)), load(t, c.key), signText)
		})
	}
	for _, cipher := range Ciphers() {
		for _, key := range []string{"rsa", "p256"} {
			if !opensslReads(cipher, recipientCase{key: key}) {
				continue
			}
			t.Run(cipher+"/"+key, func(t *testing.T) {
				t.Parallel()
				opensslDecrypt(t, encryptBytes(t, signText, cipher, recipientCase{key: key}.recipient(t)), load(t, key), signText)
			})
		}
	}
}

// TestEncryptSizes goes around block and chunk bounds.
func TestEncryptSizes(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcde\n"), 3*streamChunk/16)
	for _, cipher := range []string{"aes-128-cbc", "aes-128-gcm"} {
		for _, n := range []int{0, 1, 15, 16, 17, streamChunk - 1, streamChunk, streamChunk + 1, 2 * streamChunk, 2*streamChunk + 100} {
			encrypted := encryptBytes(t, long[:n], cipher, recipientCase{key: "p256"}.recipient(t))
			opensslDecrypt(t, encrypted, load(t, "p256"), long[:n])
			again, err := openssl(t, encrypted, "cms", "-cmsout", "-inform", "DER", "-outform", "DER")
			if err != nil || !bytes.Equal(again, encrypted) {
				t.Errorf("%s, %d bytes: openssl encodes it in another way: %v", cipher, n, err)
			}
		}
	}
}

func TestEncryptManyRecipients(t *testing.T) {
	var all []Recipient
	cases := []recipientCase{{key: "rsa"}, {key: "rsa2", oaep: true}, {key: "p256"}, {key: "p384", ski: true}, {key: "x25519"}}
	for _, c := range cases {
		all = append(all, c.recipient(t))
	}
	encrypted := encryptBytes(t, signText, "aes-256-gcm", all...)
	for _, c := range cases {
		if opensslReads("aes-256-gcm", c) {
			opensslDecrypt(t, encrypted, load(t, c.key), signText)
		}
	}
}

func TestEncryptRefuses(t *testing.T) {
	rsaCert := load(t, "rsa").Certificate
	noSKI := *rsaCert
	noSKI.SubjectKeyId = nil
	for name, c := range map[string]struct {
		r    Recipient
		want error
	}{
		"no certificate": {Recipient{}, errNoRecipients},
		"weak RSA":       {Recipient{Certificate: load(t, "rsa1024").Certificate}, errRSASize},
		"Ed25519":        {Recipient{Certificate: load(t, "ed25519").Certificate}, errNotRecipient},
		"PSS only":       {Recipient{Certificate: load(t, "rsapss").Certificate}, errNotRecipient},
		"X25519":         {recipientCase{key: "x25519"}.recipient(t), errSelfOnly},
		"no SKI":         {Recipient{Certificate: &noSKI, SKI: true}, errNoSKI},
		"OAEP SHA-1":     {Recipient{Certificate: rsaCert, OAEP: true, OAEPHash: crypto.SHA1}, errOAEPHash},
		"OAEP for EC":    {Recipient{Certificate: load(t, "p256").Certificate, OAEP: true}, errOAEPNoRSA},
		"KDF":            {Recipient{Certificate: load(t, "p256").Certificate, KDF: "sha-1"}, errKDF},
	} {
		var out bytes.Buffer
		o := EncryptOptions{Recipients: []Recipient{{Certificate: rsaCert}, c.r}}
		err := Encrypt(context.Background(), &out, bytes.NewReader(signText), int64(len(signText)), o)
		if !errors.Is(err, c.want) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, out.Len())
		}
		var byCertificate *CertificateError
		if c.r.Certificate != nil && (!errors.As(err, &byCertificate) || byCertificate.Certificate != c.r.Certificate) {
			t.Errorf("%s: the error does not name the certificate: %v", name, err)
		}
	}
	ec := recipientCase{key: "p256"}.recipient(t)
	for n, ok := range map[int]bool{0: false, 1: true, maxWrittenRecipients: true, maxWrittenRecipients + 1: false} {
		o := EncryptOptions{}
		for range n {
			o.Recipients = append(o.Recipients, ec)
		}
		if err := Encrypt(context.Background(), io.Discard, bytes.NewReader(signText), int64(len(signText)), o); (err == nil) != ok {
			t.Errorf("%d recipients: %v", n, err)
		}
	}
	if err := Encrypt(context.Background(), io.Discard, nil, 0, EncryptOptions{Cipher: "des-ede3-cbc", Recipients: []Recipient{ec}}); err != errCipher {
		t.Errorf("3DES: %v", err)
	}
}

// failingReader fails after some content.
type failingReader struct{ r io.Reader }

var errRead = errors.New("disk gone")

func (f failingReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = errRead
	}
	return n, err
}

type failingWriter struct{ left int }

func (f *failingWriter) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errRead
	}
	return len(p), nil
}

// TestEncryptFailures: whatever goes wrong is an error, and what was written is no message.
func TestEncryptFailures(t *testing.T) {
	content := bytes.Repeat([]byte("x"), 100_000)
	n := int64(len(content))
	for _, cipher := range Ciphers() {
		o := EncryptOptions{Cipher: cipher, Recipients: []Recipient{recipientCase{key: "p256"}.recipient(t)}}
		spec, err := cipherFor(cipher)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			content io.Reader
			size    int64
			want    error
		}{
			"short":    {bytes.NewReader(content), n + 1, errShort},
			"empty":    {bytes.NewReader(nil), n, errShort},
			"long":     {bytes.NewReader(content), n - 1, errLong},
			"negative": {bytes.NewReader(content), -1, errNegative},
			"too much": {bytes.NewReader(content), spec.maxSize + 1, errTooMuch},
			"failing":  {failingReader{bytes.NewReader(content)}, n + 1, errRead},
			"late":     {failingReader{bytes.NewReader(content)}, n, errRead},
		} {
			var out bytes.Buffer
			if err := Encrypt(context.Background(), &out, c.content, c.size, o); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v", cipher, name, err)
			}
		}
		var whole bytes.Buffer
		if err := Encrypt(context.Background(), &whole, bytes.NewReader(content), n, o); err != nil {
			t.Fatal(err)
		}
		for _, left := range []int{0, 100, 70_000, whole.Len() - 40} {
			if err := Encrypt(context.Background(), &failingWriter{left}, bytes.NewReader(content), n, o); !errors.Is(err, errRead) {
				t.Errorf("%s, writer fails after %d: %v", cipher, left, err)
			}
		}
	}
}
