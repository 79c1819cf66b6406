package certfile

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mozilla.org/pkcs7"

	"sealgate/certstore"
	"sealgate/internal/charset"
	"sealgate/internal/pkcs12"
	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

func options(t testing.TB, password string) Options {
	t.Helper()
	sp, err := spool.New(spool.Options{Limit: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Spool: sp, Password: func() ([]byte, error) { return []byte(password), nil }}
}

// folded puts a blank before each continuation line.
func folded(text string, width int) string {
	var out strings.Builder
	for len(text) > width {
		out.WriteString(text[:width] + "\r\n ")
		text = text[width:]
	}
	return out.String() + text + "\r\n"
}

// TestKinds: whatever holds the certificate gives it.
func TestKinds(t *testing.T) {
	p := testpki.New(t)
	c := p.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	der := c.Certificate.Raw
	b64 := base64.StdEncoding.EncodeToString(der)
	bundle, err := pkcs7.DegenerateCertificate(slices.Concat(p.Root.Certificate.Raw, der))
	if err != nil {
		t.Fatal(err)
	}
	p12, err := c.P12("geheim")
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, "geheim")
	for name, k := range map[string]struct {
		data    string
		leftOut string
	}{
		"PEM":                      {string(c.CertPEM()), ""},
		"PEM with a mark":          {"\ufeff" + string(c.CertPEM()), ""},
		"PEM with openssl's text":  {"Certificate:\n    Data:\n        Version: 3 (0x2)\n" + string(c.CertPEM()), ""},
		"PEM, one unreadable":      {string(c.CertPEM()) + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "block 2, certificate"},
		"DER":                      {string(der), ""},
		"base64":                   {b64, ""},
		"base64 in lines":          {strings.ReplaceAll(folded(b64, 64), "\r\n ", "\r\n"), ""},
		"bundle":                   {string(bundle), ""},
		"bundle in PEM":            {string(pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: bundle})), ""},
		"bundle in base64":         {base64.StdEncoding.EncodeToString(bundle), ""},
		"PKCS#12":                  {string(p12), "the private key"},
		"PKCS#12 in base64":        {base64.StdEncoding.EncodeToString(p12), "the private key"},
		"LDIF":                     {"version: 1\r\n# a comment\r\ndn: cn=Anna\r\nuserCertificate;binary:: " + folded(b64, 70), ""},
		"LDIF with a bundle":       {"dn:: Y249QW5uYQ==\nusersmimecertificate;binary:: " + base64.StdEncoding.EncodeToString(bundle) + "\n", ""},
		"LDIF with a URL":          {"dn: cn=Anna\nuserCertificate;binary:: " + b64 + "\nuserCertificate;binary:< file:///etc/passwd\n", "on a server"},
		"vCard 2.1 of Outlook":     {"BEGIN:VCARD\r\nVERSION:2.1\r\nKEY;X509;ENCODING=BASE64:\r\n " + folded(b64, 74) + "\r\nEND:VCARD\r\n", ""},
		"vCard 3.0":                {"BEGIN:VCARD\r\nVERSION:3.0\r\nitem1.KEY;TYPE=X509;ENCODING=b:" + folded(b64, 74) + "END:VCARD\r\n", ""},
		"vCard 4.0":                {"BEGIN:VCARD\nVERSION:4.0\nKEY:data:application/pkix-cert;base64," + b64 + "\nEND:VCARD\n", ""},
		"vCard, X-MS-CERT":         {"BEGIN:VCARD\r\nX-MS-CERT;ENCODING=BASE64:" + b64 + "\r\nEND:VCARD\r\n", ""},
		"vCard with a PGP key too": {"BEGIN:VCARD\nFN:Anna\nKEY;TYPE=PGP;ENCODING=b:mQEN\nKEY;X509;ENCODING=BASE64:" + b64 + "\nEND:VCARD\n", "OpenPGP"},
		"vCard with a URL too":     {"BEGIN:VCARD\nKEY:http://127.0.0.1/k.asc\nKEY;X509;ENCODING=BASE64:" + b64 + "\nEND:VCARD\n", "on the web"},
		"certs-only mail":          {"From: anna@kunde.example\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(bundle) + "\r\n", ""},
		"signed mail":              {string(signedMail(t, c, o.Spool)), ""},
		"PEM in a mail":            {"From: anna@kunde.example\r\nSubject: here\r\n\r\n" + string(c.CertPEM()), ""},
	} {
		b, err := Read(context.Background(), []byte(k.data), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := false
		for _, got := range b.Certificates {
			found = found || got.Equal(c.Certificate)
		}
		if all := strings.Join(b.LeftOut, "\n"); !found || !strings.Contains(all, k.leftOut) || (k.leftOut == "") != (all == "") {
			t.Errorf("%s: %d certificates, left out %q", name, len(b.Certificates), all)
		}
	}
}

func signedMail(t *testing.T, c *testpki.Cert, sp *spool.Spool) []byte {
	t.Helper()
	text := "Content-Type: text/plain\r\n\r\nGuten Tag\r\n"
	content, err := smime.ParseEntity(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	signed, err := smime.Sign(context.Background(), content, smime.SignOptions{Signer: cms.Signer{Certificate: c.Certificate, Key: c.Key}, Spool: sp, Unprepared: true})
	if err != nil {
		t.Fatal(err)
	}
	out.WriteString("From: anna@kunde.example\r\nMIME-Version: 1.0\r\n")
	if _, err := out.ReadFrom(signed.Section()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestNothing: what holds none says so, with the cause.
func TestNothing(t *testing.T) {
	o := options(t, "")
	for name, k := range map[string]struct{ data, want string }{
		"empty":                  {"", ErrNone.Error()},
		"text":                   {"Hello there", ErrNone.Error()},
		"a plain mail":           {"From: anna@kunde.example\r\n\r\nHello\r\n", ErrNone.Error()},
		"an empty vCard":         {"BEGIN:VCARD\r\nEND:VCARD\r\n", ErrNone.Error()},
		"a damaged certificate":  {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "block 1, certificate"},
		"a damaged vCard":        {"BEGIN:VCARD\nFN:Anna\nKEY;X509;ENCODING=BASE64:MAA=\nEND:VCARD\n", "Anna, KEY"},
		"a damaged LDIF":         {"dn: cn=Anna\nuserCertificate:: !!\n", "cn=Anna, userCertificate"},
		"an LDIF with a URL":     {"dn: cn=Anna\nuserCertificate:< http://127.0.0.1/\n", "not asked"},
		"a .p12 without its key": {"\x30\x82\x10\x00\x02\x01\x03\x30\x80", "damaged or cut off"},
	} {
		b, err := Read(context.Background(), []byte(k.data), o)
		if err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: %+v, %v, want %q", name, b, err, k.want)
		}
	}
	if _, err := Read(context.Background(), make([]byte, MaxSize+1), o); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("a file above the bound: %v", err)
	}
}

// TestManyEntries: an export of a directory is read to its bound, and what follows is named.
func TestManyEntries(t *testing.T) {
	var text strings.Builder
	text.WriteString("dn: cn=x\n")
	for range maxEntries + 1 {
		text.WriteString("userCertificate: x\n")
	}
	b, err := read(context.Background(), []byte(text.String()), Options{})
	if err != nil || len(b.LeftOut) != maxEntries+1 || !strings.Contains(b.LeftOut[maxEntries], fmt.Sprint(maxEntries)) {
		t.Errorf("%d left out, %v", len(b.LeftOut), err)
	}
}

// FuzzRead: never a panic, and a certificate that comes out is one.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"BEGIN:VCARD\nKEY;X509;ENCODING=BASE64:MAA=\nEND:VCARD\n", "dn: cn=x\nuserCertificate;binary:: MAA=\n",
		"From: a@b.example\r\nContent-Type: application/pkcs7-mime\r\n\r\n0\x80", "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n", "\x30\x03\x02\x01\x03", "MAA=",
	} {
		f.Add([]byte(seed))
	}
	o := options(f, "geheim")
	f.Fuzz(func(t *testing.T, data []byte) {
		if pkcs12.Is(data) || pkcs12.Is(charset.Base64(charset.Text(data))) {
			return // pkcs12.FuzzRead has these, with a bound of work
		}
		b, err := Read(context.Background(), data, o)
		if err != nil {
			return
		}
		for _, c := range b.Certificates {
			if _, err := certstore.ReadCertificates(c.Raw); err != nil {
				t.Fatal(err)
			}
		}
	})
}
