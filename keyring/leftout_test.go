package keyring

// This file puts other things beside a complete key, and character sets around it.

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"sealgate/internal/testpki"
)

func asPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// TestLeftOut: what stands beside a complete key does not matter, and is said.
func TestLeftOut(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}, Key: "rsa-2048"})
	other := p.Issue(testpki.Options{Addresses: []string{"c@d.example"}})
	both, _ := p.Files(c, "a")
	complete := append(mustKeyPEM(t, c), c.CertPEM()...)
	for name, k := range map[string]struct {
		beside []byte
		want   string
	}{
		"a request":               {openssl(t, "req", "-new", "-key", both, "-subj", "/CN=a"), "the CA sent back"},
		"a public key":            {openssl(t, "pkey", "-in", both, "-pubout"), "PUBLIC KEY"},
		"a revocation list":       {asPEM("X509 CRL", []byte{0x30, 0}), "X509 CRL"},
		"parameters of EC":        {openssl(t, "ecparam", "-name", "prime256v1"), "EC PARAMETERS"},
		"parameters of DH":        {asPEM("DH PARAMETERS", []byte{0x30, 0}), "DH PARAMETERS"},
		"a key without its own":   {mustKeyPEM(t, other), "private key 2 of 2 belongs to no certificate"},
		"an unreadable one":       {asPEM("CERTIFICATE", []byte{0x30, 0}), "block 3, certificate"},
		"a key of another kind":   {openssl(t, "genpkey", "-algorithm", "X448"), "a kind that mail does not use"},
		"a bundle of another one": {openssl(t, "crl2pkcs7", "-nocrl", "-certfile", both), ""},
		"the same key once more":  {mustKeyPEM(t, c), ""},
	} {
		f, err := Read(append(bytes.Clone(complete), k.beside...), nil)
		if err != nil || len(f.Credentials) != 1 || !f.Credentials[0].Certificate.Equal(c.Certificate) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if all := strings.Join(f.LeftOut, "\n"); !strings.Contains(all, k.want) || (k.want == "") != (all == "") {
			t.Errorf("%s: left out %q, want %q", name, all, k.want)
		}
	}
}

// TestCharacterSets: editors' marks and encodings do not matter.
func TestCharacterSets(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}})
	key, cert := mustKeyPEM(t, c), c.CertPEM()
	good := append(bytes.Clone(key), cert...)
	p12, err := c.P12("pw")
	if err != nil {
		t.Fatal(err)
	}
	wide := func(order binary.AppendByteOrder, text string) (out []byte) {
		for _, u := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, u)
		}
		return out
	}
	for name, data := range map[string][]byte{
		"two byte order marks":      []byte("\ufeff" + string(key) + "\ufeff" + string(cert)),
		"UTF-16, little-endian":     wide(binary.LittleEndian, "\ufeff"+string(good)),
		"UTF-16, big-endian":        wide(binary.BigEndian, "\ufeff"+string(good)),
		"UTF-16 without its mark":   wide(binary.LittleEndian, string(good)),
		"UTF-16 with CRLF":          wide(binary.LittleEndian, "\ufeff"+strings.ReplaceAll(string(good), "\n", "\r\n")),
		"Windows-1252 around":       []byte("F\xfcr M\xfcller \x80\r\n" + strings.ReplaceAll(string(good), "\n", "\r\n") + "Gr\xfc\xdfe\r\n"),
		"PKCS#12 in base64":         []byte(base64.StdEncoding.EncodeToString(p12)),
		"PKCS#12 in lines":          bytes.TrimSuffix(bytes.SplitAfterN(asPEM("X", p12), []byte("\n"), 2)[1], []byte("-----END X-----\n")),
		"PKCS#12 in PEM":            asPEM("PKCS12", p12),
		"key and chain in a bundle": append(bytes.Clone(key), bundleOf(t, c)...),
		"a wrong label":             append(asPEM("RSA PRIVATE KEY", mustBlock(t, key)), cert...),
	} {
		got, err := parse(data, secret("pw"))
		if err != nil || len(got) != 1 || !got[0].Certificate.Equal(c.Certificate) {
			t.Errorf("%s: %d credentials, %v", name, len(got), err)
		}
	}
}

func mustBlock(t *testing.T, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no PEM block")
		return nil
	}
	return block.Bytes
}

func bundleOf(t *testing.T, c *testpki.Cert) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(path, c.CertPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return openssl(t, "crl2pkcs7", "-nocrl", "-certfile", path)
}

// TestKeyForPSSOnly: a key with id-RSASSA-PSS (RFC 4055 §1.2) and its certificate.
func TestKeyForPSSOnly(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(key, openssl(t, "genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"), 0o600); err != nil {
		t.Fatal(err)
	}
	cert := openssl(t, "req", "-x509", "-new", "-key", key, "-subj", "/CN=a", "-config", "/dev/null")
	for name, data := range map[string][]byte{
		"plain":     openssl(t, "pkcs8", "-topk8", "-nocrypt", "-in", key),
		"encrypted": openssl(t, "pkcs8", "-topk8", "-in", key, "-passout", "pass:pw"),
	} {
		got, err := parse(append(data, cert...), secret("pw"))
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %d credentials, %v", name, len(got), err)
		}
	}
}

// TestOtherFiles: what is no key file is named, with what to do.
func TestOtherFiles(t *testing.T) {
	for data, want := range map[string]string{
		"\xfe\xed\xfe\xed\x00\x00\x00\x02":     "keytool -importkeystore",
		"SQLite format 3\x00":                  "export the certificate there",
		"PK\x03\x04\x14\x00":                   "unpack",
		"PuTTY-User-Key-File-3: ssh-rsa\n":     "SSH",
		"\x30\x82\x01\x00\x13\x03abc":          "damaged or cut off",
		"\x30\x82\x10\x00\x02\x01\x03\x30\x80": "damaged or cut off",
	} {
		if _, err := Read([]byte(data), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
}

// TestWrongKeyPassword: another cause is never called a wrong password.
func TestWrongKeyPassword(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}})
	both, _ := p.Files(c, "a")
	der := mustBlock(t, openssl(t, "pkcs8", "-topk8", "-in", both, "-passout", "pass:pw"))
	camellia := bytes.Replace(der, []byte("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), []byte("\x60\x86\x48\x01\x65\x03\x04\x01\x06"), 1)
	for name, k := range map[string]struct {
		data []byte
		pw   string
		want string
	}{
		"wrong":          {der, "other", "wrong password"},
		"unknown cipher": {camellia, "pw", "2.16.840.1.101.3.4.1.6"},
		"cut off":        {der[:len(der)-1], "pw", "damaged"},
	} {
		_, err := Read(append(asPEM("ENCRYPTED PRIVATE KEY", k.data), c.CertPEM()...), secret(k.pw))
		if err == nil || !strings.Contains(err.Error(), k.want) || k.want != "wrong password" && strings.Contains(err.Error(), "wrong password") {
			t.Errorf("%s: %v, want %q", name, err, k.want)
		}
	}
}

// TestKeyOnOtherCurve: a key of SEC1 on a curve that is not read is not damaged (made by
// openssl ecparam -name secp256k1 -genkey -noout; of no use).
func TestKeyOnOtherCurve(t *testing.T) {
	const key = "-----BEGIN EC PRIVATE KEY-----\n" +
		"MHQCAQEEIDtmEyyNwdnxUQRJPPjXRXcUusWAeQN0VRrefoFyYTRQoAcGBSuBBAAK\n" +
		"oUQDQgAEfmZMtLpPUA8Xb4L6rgbAeFpy4u/nJxM8fXijQYClQAhVk68D956C49Uu\n" +
		"xi+fTqQnztqP34kMUiWj/LqH6C8q9Q==\n-----END EC PRIVATE KEY-----\n"
	_, err := Read([]byte(key), nil)
	if err == nil || !strings.Contains(err.Error(), "1.2.840.10045.2.1 with 1.3.132.0.10") {
		t.Errorf("%v", err)
	}
}
