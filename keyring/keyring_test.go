package keyring

import (
	"bytes"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealgate/internal/testpki"
)

func secret(pw string) Password { return func() ([]byte, error) { return []byte(pw), nil } }

// parse are the credentials that Read finds.
func parse(data []byte, password Password) ([]*Credential, error) {
	f, err := Read(data, password)
	if err != nil {
		return nil, err
	}
	return f.Credentials, nil
}

func mustKeyPEM(t *testing.T, c *testpki.Cert) []byte {
	t.Helper()
	k, err := c.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParseAnyOrder(t *testing.T) {
	p := testpki.New(t)
	ca := p.Issue(testpki.Options{Name: "Sub", CA: true})
	for _, kind := range []string{"rsa-2048", "p256", "p384", "ed25519"} {
		c := p.Under(ca, testpki.Options{Addresses: []string{"support@firma.example"}, Key: kind})
		root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Root.Certificate.Raw})
		key := mustKeyPEM(t, c)
		for name, data := range map[string][]byte{
			"certificate first": append(c.CertPEM(), key...),
			"key first":         append(bytes.Clone(key), c.CertPEM()...),
			"root first":        bytes.Join([][]byte{root, key, c.CertPEM()}, []byte("some text between\n")),
			"CRLF":              bytes.ReplaceAll(append(c.CertPEM(), key...), []byte("\n"), []byte("\r\n")),
		} {
			got, err := parse(data, nil)
			if err != nil || len(got) != 1 || !got[0].Certificate.Equal(c.Certificate) {
				t.Fatalf("%s, %s: %v %v", kind, name, got, err)
			}
			if len(got[0].Chain) != 1 || !got[0].Chain[0].Equal(ca.Certificate) {
				t.Errorf("%s, %s: chain of %d, want the intermediate alone", kind, name, len(got[0].Chain))
			}
			out, err := EncodePEM(got[0])
			if err != nil {
				t.Fatal(err)
			}
			if again, err := parse(out, nil); err != nil || len(again) != 1 || len(again[0].Chain) != 1 {
				t.Errorf("%s: what is written is not read: %v", kind, err)
			}
		}
	}
}

func TestTwoCredentialsInOneFile(t *testing.T) {
	p := testpki.New(t)
	a, b := p.Issue(testpki.Options{Addresses: []string{"a@firma.example"}}), p.Issue(testpki.Options{Addresses: []string{"a@firma.example"}})
	data := bytes.Join([][]byte{mustKeyPEM(t, b), a.CertPEM(), mustKeyPEM(t, a), b.CertPEM()}, nil)
	if got, err := parse(data, nil); err != nil || len(got) != 2 {
		t.Errorf("%d credentials, %v", len(got), err)
	}
}

// TestBadPaste: what is wrong is said in plain words.
func TestBadPaste(t *testing.T) {
	p := testpki.New(t)
	c, other := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}}), p.Issue(testpki.Options{Addresses: []string{"a@b.example"}})
	p12, err := c.P12("right")
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		data []byte
		pw   Password
		want string
	}{
		"nothing":                      {nil, nil, "neither PEM blocks nor"},
		"a mail":                       {[]byte("Subject: here is the key\n"), nil, "neither PEM blocks nor"},
		"certificate without key":      {c.CertPEM(), nil, "no private key"},
		"key without certificate":      {mustKeyPEM(t, c), nil, "no certificate"},
		"key of another certificate":   {append(other.CertPEM(), mustKeyPEM(t, c)...), nil, "belongs to another certificate"},
		"certificate in DER":           {c.Certificate.Raw, nil, "certificate in DER"},
		"wrong password":               {p12, secret("wrong"), "wrong password"},
		"no password":                  {p12, nil, "no password_file"},
		"damaged certificate":          {[]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), nil, "block 1, certificate"},
		"public key instead of a key":  {append(c.CertPEM(), "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n"...), nil, "neither a certificate nor a private key"},
		"damaged key":                  {append(c.CertPEM(), "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"...), nil, "cannot be read"},
		"a file that is far too large": {make([]byte, maxFile+1), nil, "too many"},
	} {
		_, err := parse(k.data, k.pw)
		if err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: %v, want %q", name, err, k.want)
		}
	}
	if got, err := parse(p12, secret("right")); err != nil || len(got) != 1 {
		t.Errorf("right password: %v", err)
	}
}

// TestOpensslFiles reads what openssl writes.
func TestOpensslFiles(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}, Key: "rsa-2048"})
	both, cert := p.Files(c, "a")
	dir := t.TempDir()
	run := func(out string, args ...string) []byte {
		t.Helper()
		path := filepath.Join(dir, out)
		if msg, err := exec.Command("openssl", append(args, "-out", path)...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v %s", args, err, msg)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	certPEM, _ := os.ReadFile(cert)
	with := func(key []byte) []byte { return append(bytes.Clone(certPEM), key...) }
	for name, data := range map[string][]byte{
		"PKCS#1":              with(run("1", "rsa", "-in", both, "-traditional")),
		"encrypted PKCS#8":    with(run("2", "pkcs8", "-topk8", "-in", both, "-passout", "pass:pw")),
		"encrypted, scrypt":   with(run("3", "pkcs8", "-topk8", "-scrypt", "-in", both, "-passout", "pass:pw")),
		"PKCS#12":             run("4", "pkcs12", "-export", "-in", both, "-passout", "pass:pw"),
		"PKCS#12 legacy":      run("5", "pkcs12", "-export", "-legacy", "-in", both, "-passout", "pass:pw"),
		"PKCS#12 without MAC": run("7", "pkcs12", "-export", "-nomac", "-in", both, "-passout", "pass:pw"),
		"PKCS#12 no password": run("6", "pkcs12", "-export", "-in", both, "-passout", "pass:"),
	} {
		got, err := parse(data, secret("pw"))
		if err != nil || len(got) != 1 || !got[0].Certificate.Equal(c.Certificate) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "encrypted PKCS#8" {
			if _, err := parse(data, secret("wrong")); !errors.Is(err, ErrPassword) {
				t.Errorf("wrong password: %v", err)
			}
		}
	}
}

func TestLoadRefusesFilesThatOthersRead(t *testing.T) {
	p := testpki.New(t)
	both, _ := p.Files(p.Issue(testpki.Options{Addresses: []string{"a@b.example"}}), "a")
	if got, err := Load(both, nil); err != nil || len(got.Credentials) != 1 {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		os.Chmod(both, mode)
		if _, err := Load(both, nil); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pw")
	for content, want := range map[string]string{"secret\n": "secret", "secret": "secret", "secret\r\nmore": "secret", " with blanks \n": " with blanks ", "": ""} {
		os.WriteFile(path, []byte(content), 0o600)
		if got, err := PasswordFile(path)(); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v", content, got, err)
		}
	}
	os.Chmod(path, 0o644)
	if _, err := PasswordFile(path)(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a password that all can read: %v", err)
	}
}

func TestRing(t *testing.T) {
	support := &Mailbox{Addresses: []string{"support@firma.example"}, Also: []string{"ticket@helpdesk.local", "@old.example"}, RecipientDelimiter: "+"}
	sales := &Mailbox{Addresses: []string{"sales@firma.example"}}
	r := NewRing([]*Mailbox{support, sales})
	for a, want := range map[string]*Mailbox{
		"support@firma.example": support, "support+123@firma.example": support, "ticket@helpdesk.local": support, "anyone@old.example": support,
		"ticket+1@helpdesk.local": support, "sales@firma.example": sales, "sales+1@firma.example": nil, "boss@firma.example": nil, "x@very.old.example": nil,
		"+@firma.example": nil,
	} {
		if got := r.ByRecipient(a); got != want {
			t.Errorf("recipient %s: %v", a, got)
		}
	}
	for a, want := range map[string]*Mailbox{"support@firma.example": support, "ticket@helpdesk.local": nil, "support+1@firma.example": support, "sales+1@firma.example": nil} {
		if got := r.ByFrom(a); got != want {
			t.Errorf("From %s: %v", a, got)
		}
	}
	if n := len(r.Mailboxes()); n != 2 {
		t.Errorf("%d mailboxes", n)
	}
}

// TestMailboxOfADomain: it is everybody's at the domain for mail that names its key, and nobody's
// address; with verify it is the mailbox of all who have none.
func TestMailboxOfADomain(t *testing.T) {
	support := &Mailbox{Addresses: []string{"support@firma.example"}}
	domain := &Mailbox{Addresses: []string{"@firma.example"}}
	verified := &Mailbox{Addresses: []string{"@other.example"}, Verify: true}
	r := NewRing([]*Mailbox{support, domain, verified})
	for addr, want := range map[string][2]*Mailbox{
		"support@firma.example":       {support, domain},
		"employee@firma.example":      {nil, domain},
		"employee@other.example":      {verified, verified},
		"employee@mail.firma.example": {nil, nil},
	} {
		if got := [2]*Mailbox{r.ByRecipient(addr), r.ByDomain(addr)}; got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if r.ByFrom("employee@other.example") != nil || r.ByFrom("@firma.example") != nil || len(r.Mailboxes()) != 3 {
		t.Errorf("%v", r.Mailboxes())
	}
}
