package keyring

// This file pastes what openssl and editors make of a key, one mistake a case,
// and compares the sentence that the admin gets.

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"sealgate/internal/testpki"
)

// openssl runs openssl with an output file and returns what it wrote.
func openssl(t *testing.T, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	out := filepath.Join(t.TempDir(), "out")
	if msg, err := exec.Command("openssl", append(args, "-out", out)...).CombinedOutput(); err != nil {
		t.Fatalf("openssl %v: %v %s", args, err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDamagedPaste: a block that an editor has broken is never passed over.
func TestDamagedPaste(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}})
	key, cert := mustKeyPEM(t, c), c.CertPEM()
	good := append(bytes.Clone(key), cert...)
	var wide []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + string(good))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	block, _ := pem.Decode(cert)
	for name, k := range map[string]struct {
		data []byte
		want string // "": it is read
	}{
		"with a byte order mark":   {append([]byte("\ufeff"), good...), ""},
		"certificate twice":        {append(bytes.Clone(good), cert...), ""},
		"text around":              {append([]byte("Hello,\nhere it is:\n"), append(good, "Regards\n"...)...), ""},
		"indented":                 {[]byte("  " + strings.ReplaceAll(string(good), "\n", "\n  ")), "without blanks before them"},
		"certificate indented":     {append(bytes.Clone(key), "  "+strings.ReplaceAll(string(cert), "\n", "\n  ")...), "2 blocks begin with BEGIN, but only 1"},
		"in one line":              {bytes.ReplaceAll(good, []byte("\n"), []byte(" ")), "in lines of its own"},
		"without its end":          {append(bytes.Clone(cert), key[:len(key)-30]...), "paste each whole"},
		"a hyphen lost":            {append(bytes.Clone(key[1:]), cert...), "all five hyphens"},
		"UTF-16":                   {wide, ""},
		"base64 without its lines": {bytes.Join(bytes.Split(cert, []byte("\n"))[1:5], []byte("\n")), "damaged or cut off"},
		"certificate cut off":      {append(bytes.Clone(key), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes[:100]})...), "block 2, certificate"},
		"a request":                {append(bytes.Clone(key), "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"...), "the CA sent back"},
		"an SSH key":               {append(bytes.Clone(cert), "-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----\n"...), "SSH"},
	} {
		got, err := parse(k.data, nil)
		if k.want == "" && (err != nil || len(got) != 1) {
			t.Errorf("%s: %d credentials, %v", name, len(got), err)
		}
		if k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)) {
			t.Errorf("%s: %v, want %q", name, err, k.want)
		}
	}
}

// TestWhatOpensslMakes: each form is read, or said what it is.
func TestWhatOpensslMakes(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}, Key: "rsa-2048"})
	both, _ := p.Files(c, "a")
	ec, _ := p.Files(p.Issue(testpki.Options{Key: "p256"}), "ec")
	cert := c.CertPEM()
	with := func(key []byte) []byte { return append(bytes.Clone(cert), key...) }
	for name, k := range map[string]struct {
		data []byte
		want string
	}{
		"trusted certificate": {append(mustKeyPEM(t, c), openssl(t, "x509", "-in", both, "-trustout", "-addtrust", "emailProtection")...), ""},
		"PKCS#8 with 3DES":    {with(openssl(t, "pkcs8", "-topk8", "-v2", "des3", "-in", both, "-passout", "pass:pw")), ""},
		"PKCS#8 old way":      {with(openssl(t, "pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", both, "-passout", "pass:pw")), ""},
		"PKCS#1 encrypted":    {with(openssl(t, "rsa", "-in", both, "-traditional", "-aes128", "-passout", "pass:pw")), ""},
		"PKCS#1 in DER":       {openssl(t, "rsa", "-in", both, "-traditional", "-outform", "DER"), "a key in DER"},
		"SEC1 in DER":         {openssl(t, "ec", "-in", ec, "-outform", "DER"), "a key in DER"},
		"PKCS#8 in DER":       {openssl(t, "pkcs8", "-topk8", "-nocrypt", "-in", both, "-outform", "DER"), "a key in DER"},
		"encrypted, in DER":   {openssl(t, "pkcs8", "-topk8", "-in", both, "-outform", "DER", "-passout", "pass:pw"), "a key in DER"},
		"bundle":              {openssl(t, "crl2pkcs7", "-nocrl", "-certfile", both, "-outform", "DER"), ".p7b"},
		"bundle in PEM":       {append(mustKeyPEM(t, c), openssl(t, "crl2pkcs7", "-nocrl", "-certfile", both)...), ""},
		"P12, SHA-384 MAC":    {openssl(t, "pkcs12", "-export", "-in", both, "-macalg", "sha384", "-passout", "pass:pw"), ""},
		"P12 without a key":   {openssl(t, "pkcs12", "-export", "-nokeys", "-in", both, "-passout", "pass:pw"), "no private key"},
		"X25519":              {with(openssl(t, "genpkey", "-algorithm", "X25519")), "belongs to another certificate"},
		"X448":                {with(openssl(t, "genpkey", "-algorithm", "X448")), "1.3.101.111"},
		"Ed448":               {with(openssl(t, "genpkey", "-algorithm", "ED448")), "1.3.101.113"},
	} {
		got, err := parse(k.data, secret("pw"))
		if k.want == "" && (err != nil || len(got) != 1 || !got[0].Certificate.Equal(c.Certificate)) {
			t.Errorf("%s: %d credentials, %v", name, len(got), err)
		}
		if k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)) {
			t.Errorf("%s: %v, want %q", name, err, k.want)
		}
	}
}

// TestLeafByPublicKey: a P12 whose first certificate is another one's.
func TestLeafByPublicKey(t *testing.T) {
	p := testpki.New(t)
	ca := p.Issue(testpki.Options{Name: "Sub", CA: true})
	c := p.Under(ca, testpki.Options{Addresses: []string{"a@b.example"}})
	both, _ := p.Files(c, "a")
	chain := filepath.Join(t.TempDir(), "chain.pem")
	os.WriteFile(chain, ca.CertPEM(), 0o600)
	data := openssl(t, "pkcs12", "-export", "-in", both, "-certfile", chain, "-passout", "pass:pw")
	got, err := parse(data, secret("pw"))
	if err != nil || len(got) != 1 || !got[0].Certificate.Equal(c.Certificate) || len(got[0].Chain) != 1 || !got[0].Chain[0].Equal(ca.Certificate) {
		t.Errorf("%+v %v", got, err)
	}
}

// TestDamagedEncryptedKey: a key whose lengths do not fit is refused; the
// library that decrypts would panic, and with it the gateway that reloads.
func TestDamagedEncryptedKey(t *testing.T) {
	p := testpki.New(t)
	both, _ := p.Files(p.Issue(testpki.Options{}), "a")
	der := openssl(t, "pkcs8", "-topk8", "-in", both, "-outform", "DER", "-passout", "pass:pw")
	var k encryptedKey
	if _, err := asn1.Unmarshal(der, &k); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 15, 17, len(k.Data) - 1} {
		short := k
		short.Data = k.Data[:n]
		bad, err := asn1.Marshal(short)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decryptKey(bad, secret("pw")); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("%d octets of ciphertext: %v", n, err)
		}
	}
	var params struct {
		Derivation pkix.AlgorithmIdentifier
		Cipher     struct {
			ID asn1.ObjectIdentifier
			IV []byte
		}
	}
	if _, err := asn1.Unmarshal(k.Algorithm.Parameters.FullBytes, &params); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 8, 15, 17} {
		params.Cipher.IV = make([]byte, n)
		full, err := asn1.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		other := k
		other.Algorithm.Parameters = asn1.RawValue{FullBytes: full}
		bad, err := asn1.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decryptKey(bad, secret("pw")); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("an IV of %d octets: %v", n, err)
		}
	}
	if k, err := decryptKey(der, secret("")); k != nil || err == nil {
		t.Error("an empty password opened an encrypted key")
	}
}

// TestCredentialsOfSystemd: in the folder that only the unit can enter, the group's
// bit is the mask of an access list; anywhere else it is refused, and others' always.
func TestCredentialsOfSystemd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "password")
	for _, k := range []struct {
		mode os.FileMode
		dir  string
		ok   bool
	}{{0o400, "", true}, {0o440, "", false}, {0o440, dir, true}, {0o440, filepath.Dir(dir), false}, {0o444, dir, false}} {
		if err := os.WriteFile(path, []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, k.mode); err != nil {
			t.Fatal(err)
		}
		t.Setenv("CREDENTIALS_DIRECTORY", k.dir)
		if _, err := PasswordFile(path)(); (err == nil) != k.ok {
			t.Errorf("mode %04o, credentials in %q: %v", k.mode, k.dir, err)
		}
		os.Remove(path)
	}
}
