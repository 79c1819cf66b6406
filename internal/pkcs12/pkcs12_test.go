package pkcs12

// This file tests what no tool writes; keyring/testdata has what they write.

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"sealgate/internal/testpki"
)

func password(text string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(text), nil }
}

// TestAgainstGoPKCS12: what that library writes is read, with every password.
func TestAgainstGoPKCS12(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}})
	for name, encoder := range map[string]*gopkcs12.Encoder{"legacy RC2": gopkcs12.LegacyRC2, "legacy DES": gopkcs12.LegacyDES, "modern": gopkcs12.Modern} {
		for _, pw := range []string{"", "ascii", "grüße", "a", strings.Repeat("long", 40)} {
			data, err := encoder.Encode(c.Key, c.Certificate, c.Chain(), pw)
			if err != nil {
				t.Fatal(err)
			}
			found, err := Read(data, password(pw))
			if err != nil || len(found.Keys) != 1 || len(found.Certificates) != 2 || !bytes.Equal(found.Certificates[0], c.Certificate.Raw) {
				t.Errorf("%s, %q: %+v, %v", name, pw, found, err)
			}
			if _, err := Read(data, password(pw+"x")); pw != "" && !errors.Is(err, ErrPassword) {
				t.Errorf("%s, another password than %q: %v", name, pw, err)
			}
		}
	}
}

// TestCauses: "wrong password" is said only when it is wrong.
func TestCauses(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"a@b.example"}})
	good, err := gopkcs12.Modern.Encode(c.Key, c.Certificate, nil, "right")
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(good)
	mac := bytes.LastIndex(changed, []byte{4, 32}) // the MAC's value
	if mac < 0 {
		t.Fatal("no MAC in the file")
	}
	changed[mac+2] ^= 1
	gost := bytes.Replace(good, []byte("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), []byte("\x60\x86\x48\x01\x65\x03\x04\x01\x06"), 1)
	for name, k := range map[string]struct {
		data []byte
		want string
	}{
		"right":               {good, ""},
		"a changed MAC":       {changed, ErrChanged.Error()},
		"another cipher":      {gost, "2.16.840.1.101.3.4.1.6"},
		"cut off":             {good[:len(good)-10], "damaged or cut off"},
		"octets behind":       {append(bytes.Clone(good), "more"...), "damaged or cut off"},
		"line ends behind":    {append(bytes.Clone(good), "\r\n\x00"...), ""},
		"a certificate":       {c.Certificate.Raw, ErrNotPKCS12.Error()},
		"nothing":             {nil, ErrNotPKCS12.Error()},
		"deep in each other":  {append([]byte{0x30, 0x80, 2, 1, 3}, bytes.Repeat([]byte{0x30, 0x80}, 100_000)...), "damaged"},
		"an enormous file":    {append(bytes.Clone(good), make([]byte, MaxSize)...), "too many"},
		"a signature instead": {[]byte("\x30\x14\x02\x01\x03\x30\x0f\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02\xa0\x02\x30\x00"), "signed instead"},
	} {
		_, err := Read(k.data, password("right"))
		if k.want == "" && err != nil || k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)) {
			t.Errorf("%s: %v, want %q", name, err, k.want)
		}
		if k.want != "" && errors.Is(err, ErrPassword) {
			t.Errorf("%s: wrong password", name)
		}
	}
}

// TestTwoPasswords: one for the MAC, one for the content, as openssl -twopass writes it.
func TestTwoPasswords(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	p := testpki.New(t)
	both, _ := p.Files(p.Issue(testpki.Options{}), "a")
	out := filepath.Join(t.TempDir(), "two.p12")
	c := exec.Command("openssl", "pkcs12", "-export", "-twopass", "-in", both, "-out", out)
	c.Stdin = strings.NewReader("mac\nmac\ncontent\ncontent\n")
	if msg, err := c.CombinedOutput(); err != nil {
		t.Skipf("openssl -twopass needs a terminal here: %v %s", err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(data, password("mac")); !errors.Is(err, ErrTwoPasswords) {
		t.Error(err)
	}
	if _, err := Read(data, password("content")); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	if _, err := Read(data, password("neither")); !errors.Is(err, ErrPassword) {
		t.Error(err)
	}
}

// fuzzWork is enough for openssl's 2,048 iterations in all forms, and soon done.
const fuzzWork = 30_000

// FuzzRead: never a panic; what go-pkcs12 reads gives the same key and certificates here.
func FuzzRead(f *testing.F) {
	seeds, err := filepath.Glob("../../keyring/testdata/tools/*.p12")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("%d seeds, %v", len(seeds), err)
	}
	for _, path := range seeds {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "geheim")
	}
	f.Fuzz(func(t *testing.T, data []byte, pw string) {
		parsed, err := parse(data)
		if err != nil {
			return
		}
		found, err := parsed.open([]byte(pw), fuzzWork)
		if err != nil {
			return
		}
		if len(found.Keys)+len(found.Certificates)+len(found.LeftOut) > maxBags {
			t.Fatalf("%d keys, %d certificates", len(found.Keys), len(found.Certificates))
		}
		sameAsGoPKCS12(t, data, pw, found)
	})
}

func sameAsGoPKCS12(t *testing.T, data []byte, pw string, found *Contents) {
	key, cert, chain, err := gopkcs12.DecodeChain(data, pw)
	if err != nil {
		return
	}
	for _, c := range append([]*x509.Certificate{cert}, chain...) {
		ours := false
		for _, raw := range found.Certificates {
			ours = ours || bytes.Equal(raw, c.Raw)
		}
		if !ours {
			t.Errorf("go-pkcs12 finds %q, we do not", c.Subject)
		}
	}
	if len(found.Keys) != 1 {
		t.Fatalf("%d keys, go-pkcs12 finds one", len(found.Keys))
	}
	k, err := x509.ParsePKCS8PrivateKey(found.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	if same, ok := k.(interface{ Equal(crypto.PrivateKey) bool }); ok && !same.Equal(key) {
		t.Error("another key than go-pkcs12's")
	}
}

// TestPBMAC1 reads the files of RFC 9579 appendix A, in base64: A.1 to A.3 are good, of the
// others the MAC does not fit, the salt is missing, or the key's length is.
func TestPBMAC1(t *testing.T) {
	for name, ok := range map[string]bool{"a1": true, "a2": true, "a3": true, "a4": false, "a5": false, "a6": false} {
		text, err := os.ReadFile(filepath.Join("testdata", "rfc9579-"+name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			t.Fatal(err)
		}
		found, err := Read(data, password("1234"))
		if ok && (err != nil || len(found.Keys) != 1 || len(found.Certificates) != 1) || !ok && err == nil {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
		if !ok {
			t.Logf("%s: %v", name, err)
		}
		if _, err := Read(data, password("12345")); ok && !errors.Is(err, ErrPassword) {
			t.Errorf("%s, another password: %v", name, err)
		}
	}
}
