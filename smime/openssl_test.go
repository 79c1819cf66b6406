// Whole messages, both ways, with openssl.

package smime

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/testpki"
	"sealgate/smime/cms"
)

// bed is a folder with the files that openssl needs for one certificate.
type bed struct {
	openssl, dir, root string
	c                  *testpki.Cert
	cert, both         string
}

func newBed(t *testing.T, key string) bed {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	p := testpki.New(t)
	b := bed{openssl: openssl, dir: t.TempDir(), c: p.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: key})}
	if b.both, b.cert, err = b.c.WriteFiles(b.dir, "anna"); err != nil {
		t.Fatal(err)
	}
	b.root = filepath.Join(b.dir, "root.pem")
	if err := os.WriteFile(b.root, p.Root.CertPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b bed) run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(b.openssl, args...)
	cmd.Dir = b.dir
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// TestOpenSSLReads: our messages, whole, as openssl cms reads them.
func TestOpenSSLReads(t *testing.T) {
	for _, key := range []string{"rsa-2048", "p256"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, key)
			sp := newSpool(t)
			content, err := Prepare(context.Background(), parse(t, crlf(plainMail)), PrepareOptions{Spool: sp})
			if err != nil {
				t.Fatal(err)
			}
			defer content.Close()
			for _, opaque := range []bool{false, true} {
				o := signOptions(sp, b.c)
				o.Opaque = opaque
				signed, err := Sign(context.Background(), content, o)
				if err != nil {
					t.Fatal(err)
				}
				msg := under(t, mailHeader, signed)
				signed.Close()
				for _, m := range []string{msg, strings.ReplaceAll(msg, "\r\n", "\n")} {
					if got := b.run(t, m, "cms", "-verify", "-CAfile", b.root); crlf(got) != text(t, content) {
						t.Errorf("opaque %v: openssl shows %q", opaque, got)
					}
				}
			}
			for _, cipher := range []string{"aes-256-cbc", "aes-256-gcm"} {
				sealed, err := Encrypt(context.Background(), content, EncryptOptions{Cipher: cipher, Recipients: recipients(b.c), Spool: sp})
				if err != nil {
					t.Fatal(err)
				}
				if got := b.run(t, under(t, mailHeader, sealed), "cms", "-decrypt", "-recip", b.both); got != text(t, content) {
					t.Errorf("%s: openssl decrypts %q", cipher, got)
				}
				sealed.Close()
			}
		})
	}
}

// TestOpenSSLWrites: what openssl writes, in LF as its files are and in CRLF as
// they arrive, with layers in each other.
func TestOpenSSLWrites(t *testing.T) {
	b := newBed(t, "rsa-2048")
	const content = "Content-Type: text/plain\n\nhello\nFrom openssl\n"
	sign := func(in string, args ...string) string {
		return b.run(t, in, append([]string{"cms", "-sign", "-signer", b.both}, args...)...)
	}
	encrypt := func(in string, args ...string) string {
		return b.run(t, in, append(append([]string{"cms", "-encrypt", "-aes256"}, args...), b.cert)...)
	}
	detached, opaque, sealed := sign(content), sign(content, "-nodetach"), encrypt(content)
	for name, c := range map[string]struct {
		msg    string
		layers []string
	}{
		"detached":                            {detached, []string{SignedDetached}},
		"detached, CRLF in it":                {sign(crlf(content), "-binary", "-crlfeol"), []string{SignedDetached}},
		"opaque":                              {opaque, []string{SignedOpaque}},
		"opaque, streamed":                    {sign(content, "-nodetach", "-stream", "-indef"), []string{SignedOpaque}},
		"encrypted":                           {sealed, []string{Enveloped}},
		"encrypted as it is":                  {encrypt(content, "-binary"), []string{Enveloped}},
		"signed, encrypted":                   {encrypt(detached), []string{Enveloped, SignedDetached}},
		"signed, encrypted as it is, with LF": {encrypt(detached, "-binary"), []string{Enveloped, SignedDetached}},
		"opaque, encrypted":                   {encrypt(opaque), []string{Enveloped, SignedOpaque}},
		"encrypted, signed":                   {sign(sealed), []string{SignedDetached, Enveloped}},
		"triple":                              {sign(encrypt(detached)), []string{SignedDetached, Enveloped, SignedDetached}},
	} {
		for _, msg := range []string{c.msg, crlf(c.msg)} {
			sp := newSpool(t)
			m := opened(t, sp, msg, decryptionKey(b.c))
			if len(m.Layers) != len(c.layers) || m.Malformed != nil || m.Undecryptable != nil {
				t.Errorf("%s: %+v %v %v", name, m.Layers, m.Malformed, m.Undecryptable)
				continue
			}
			for i, l := range m.Layers {
				if l.Type != c.layers[i] {
					t.Errorf("%s: layer %d is %s", name, i, l.Type)
				}
				if l.Signed() {
					mustVerify(t, m, i, b.c.Certificate)
				}
			}
			legal, err := Legalize(context.Background(), m.Inner, sp)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, legal); strings.TrimRight(got, "\r\n") != strings.TrimRight(crlf(content), "\r\n") {
				t.Errorf("%s: shown is %q", name, got)
			}
			if legal != m.Inner {
				legal.Close()
			}
		}
	}
}

// TestSpoolHoldsOnlyWhatIsShown after the layers around it were undone.
func TestSpoolHoldsOnlyWhatIsShown(t *testing.T) {
	sp := newSpool(t)
	c := issue(t, "p256")
	content := crlf("Content-Type: text/plain\n\n") + strings.Repeat("0123456789\r\n", 10000)
	o := signOptions(sp, c)
	o.Opaque = true
	opaque, err := Sign(context.Background(), parse(t, content), o)
	if err != nil {
		t.Fatal(err)
	}
	msg := text(t, opaque)
	opaque.Close()
	for range 3 {
		msg = sealedEntity(t, sp, c, "aes-256-cbc", msg)
	}
	m, err := Open(t.Context(), strings.NewReader(msg), int64(len(msg)), OpenOptions{Keys: []cms.DecryptionKey{decryptionKey(c)}, Spool: sp})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Layers) != 4 || sp.Used() != int64(len(content)) {
		t.Errorf("%d layers, %d octets in the spool for %d shown", len(m.Layers), sp.Used(), len(content))
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOpenSSLReceipt: a signed receipt, and other signed content that is no mail, is
// verified, named, and left as it came.
func TestOpenSSLReceipt(t *testing.T) {
	b := newBed(t, "rsa-2048")
	request := b.run(t, plainMail, "cms", "-sign", "-signer", b.both, "-receipt_request_all", "-receipt_request_to", "anna@kunde.example", "-nodetach")
	messages := map[string]string{"a receipt": b.run(t, request, "cms", "-sign_receipt", "-signer", b.both)}
	for id, name := range map[string]string{"1.2.840.113549.1.9.16.1.4": "a time stamp", "1.3.6.1.5.5.7.12.2": "a request for certificates", "1.2.3.4": "type 1.2.3.4"} {
		messages[name] = b.run(t, plainMail, "cms", "-sign", "-signer", b.both, "-nodetach", "-econtent_type", id)
	}
	for name, msg := range messages {
		m := opened(t, newSpool(t), strings.Replace(crlf(msg), "; smime-type", "; hp=clear; smime-type", 1)) // nobody signed that field
		mustVerify(t, m, 0, b.c.Certificate)
		if m.Inner != m.Outer || m.Malformed != nil || m.Protected != nil || m.NotMail == nil || !strings.Contains(m.NotMail.Error(), name) {
			t.Errorf("%s: %v, malformed %v, inner %v", name, m.NotMail, m.Malformed, m.Inner != m.Outer)
		}
	}
	m := opened(t, newSpool(t), crlf(b.run(t, plainMail, "cms", "-sign", "-signer", b.both, "-econtent_type", "1.2.840.113549.1.9.16.1.4")))
	mustVerify(t, m, 0, b.c.Certificate)
	if m.NotMail == nil || m.Inner == m.Outer {
		t.Errorf("detached: %v", m.NotMail)
	}
	m = opened(t, newSpool(t), crlf(request))
	if mustVerify(t, m, 0, b.c.Certificate); m.NotMail != nil {
		t.Errorf("a mail that asks for a receipt: %v", m.NotMail)
	}
}
