package main

// This file makes a file of every kind of case, with openssl, with testpki, and with what NSS
// has written once.

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"sealgate/internal/testpki"
	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

// maker makes the files of cases in its folder.
type maker struct {
	*testpki.OpenSSL
	t       *testing.T
	spool   *spool.Spool
	pki     *testpki.PKI
	anna    *testpki.Cert
	support *testpki.Cert // that of our mailbox
}

const (
	madePassword = "geheim"
	madeMail     = "From: anna@kunde.example\r\nTo: support@firma.example\r\nSubject: Anfrage\r\nMIME-Version: 1.0\r\n"
	madeContent  = "Content-Type: text/plain\r\n\r\nGuten Tag\r\n"
)

// makeCases returns the folder of all files that caseRows name.
func makeCases(t *testing.T) string {
	t.Helper()
	sp, err := offlineSpool()
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{OpenSSL: testpki.NewOpenSSL(t), t: t, pki: testpki.New(t), spool: sp}
	m.anna = m.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	m.support = m.pki.Issue(testpki.Options{Addresses: []string{ours}, Key: "rsa-2048"})
	m.certificate(m.support, "support")
	m.keyFiles()
	m.certificates()
	m.mails()
	m.imports()
	return m.Dir
}

func (m *maker) file(name, text string) { writeFile(m.t, m.Dir, name, text) }

func (m *maker) read(name string) string {
	m.t.Helper()
	data, err := os.ReadFile(filepath.Join(m.Dir, name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(data)
}

// certificate writes name.pem, with the key, and name.crt.
func (m *maker) certificate(c *testpki.Cert, name string) {
	m.t.Helper()
	if _, _, err := c.WriteFiles(m.Dir, name); err != nil {
		m.t.Fatal(err)
	}
}

// keyFiles are kinds A and B.
func (m *maker) keyFiles() {
	m.t.Helper()
	m.file("pw", madePassword+"\n")
	m.file("pwj", madePassword+"\n")
	m.file("pw-bom", "\ufeff"+madePassword+"\n")
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(madePassword + "\n")
	if err != nil {
		m.t.Fatal(err)
	}
	m.file("pw-utf16", wide)
	nss, err := os.ReadFile("../../keyring/testdata/tools/nss-pk12util-pkcs-12-ascii.p12")
	if err != nil {
		m.t.Fatal(err)
	}
	m.file("a1-nss-thunderbird-ber.p12", string(nss))
	m.p12("support.pem", "a3-no-mac.p12", "-nomac")
	m.p12("support.pem", "a4-mac-sha384.p12", "-macalg", "sha384")
	m.p12("support.pem", "a5-pbes2-3des.p12", "-keypbe", "des-ede3-cbc", "-certpbe", "des-ede3-cbc")
	m.p12("support.pem", "a9-modern.p12")
	m.certificate(m.anna, "anna")
	m.p12("anna.pem", "anna.p12", "-nomac")
	m.file("a6-java-two-keys.p12", bothSafes(m.t, m.read("a3-no-mac.p12"), m.read("anna.p12")))

	pem := m.read("support.pem")
	cert := string(m.support.CertPEM())
	for _, prf := range []string{"hmacWithSHA384", "hmacWithSHA512"} {
		m.Run("pkcs8", "-topk8", "-in", "support.pem", "-v2", "aes-256-cbc", "-v2prf", prf, "-passout", "pass:"+madePassword, "-out", "key")
		m.file("b1-pkcs8-"+prf+".pem", cert+m.read("key"))
	}
	m.Run("rsa", "-in", "support.pem", "-traditional", "-aes256", "-passout", "pass:"+madePassword, "-out", "key")
	m.file("b2-pkcs1-dek-info-aes.pem", cert+m.read("key"))
	m.Run("pkey", "-in", "support.pem", "-pubout", "-out", "public")
	m.file("b4-public-key-too.pem", m.read("public")+pem)
	m.file("b7-bom-twice.pem", "\ufeff"+cert+"\ufeff"+strings.TrimPrefix(pem, cert))
	m.Issue("pss", "", testpki.Template{
		Key: m.MakeKey("pss-key", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"), Extensions: madeExtensions + ours,
	})
	m.file("b8-rsassa-pss-key.pem", m.read("pss.pem")+m.read("pss.key"))
}

// madeExtensions are those of a mail certificate; the address comes behind.
const madeExtensions = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n" +
	"extendedKeyUsage=emailProtection\nsubjectAltName=email:"

func (m *maker) p12(from, to string, options ...string) {
	m.t.Helper()
	m.Run(append([]string{"pkcs12", "-export", "-in", from, "-passout", "pass:" + madePassword, "-out", to}, options...)...)
}

// pfx is a PKCS#12 file without a MAC (RFC 7292 §4).
type pfx struct {
	Version  int
	AuthSafe struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
}

// bothSafes is a PKCS#12 file with all that two others have.
func bothSafes(t *testing.T, a, b string) string {
	t.Helper()
	var files [2]pfx
	var safes [2][]asn1.RawValue
	for i, data := range []string{a, b} {
		if _, err := asn1.Unmarshal([]byte(data), &files[i]); err != nil {
			t.Fatal(err)
		}
		if _, err := asn1.Unmarshal(files[i].AuthSafe.Content, &safes[i]); err != nil {
			t.Fatal(err)
		}
	}
	content, err := asn1.Marshal(append(safes[0], safes[1]...))
	if err != nil {
		t.Fatal(err)
	}
	files[0].AuthSafe.Content = content
	der, err := asn1.Marshal(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(der)
}

// certificates are kind C, and the roots.
func (m *maker) certificates() {
	m.t.Helper()
	addresses := []string{"anna@kunde.example"}
	organization := func(name string) testpki.Options {
		return testpki.Options{Addresses: addresses, DN: &pkix.Name{Organization: []string{name}}}
	}
	m.tolerated("c1-printable-at.eml", organization("anna@kunde"), "\x0c\x0aanna@", "\x13\x0aanna@")
	m.tolerated("c2-printable-emailaddress.eml", testpki.Options{Addresses: addresses, Subject: addresses}, "\x16\x12anna@", "\x13\x12anna@")
	m.tolerated("c4-printable-umlaut.eml", organization("Müller"), "\x0c\x07M", "\x13\x07M")
	m.tolerated("c8-san-latin1-beside.eml", testpki.Options{Name: "Anna", Addresses: []string{"mXller@kunde.example", addresses[0]}}, "mXller@", "m\xfcller@")
	number := m.pki.Issue(testpki.Options{Addresses: addresses})
	der, err := asn1.Marshal(number.Certificate.SerialNumber)
	if err != nil {
		m.t.Fatal(err)
	}
	m.signed("c6-negative-serial.eml", m.withOctets(number, string(der), "\x02"+string(der[1])+"\x80"+string(der[3:])))
	authority := m.withOctets(m.pki.Issue(testpki.Options{CA: true, Name: "Sub", Permitted: []string{"xkunde.example"}}), "xkunde", "@kunde")
	m.signed("c10-name-constraint-at-domain.eml", m.pki.Under(authority, testpki.Options{Addresses: addresses}))
	m.signed("c13-eku-empty.eml", m.pki.Issue(testpki.Options{Addresses: addresses, Extra: []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: []byte{0x30, 0}},
	}}))
	m.signed("c14-ku-zero.eml", m.pki.Issue(testpki.Options{Addresses: addresses, Extra: []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{3, 2, 7, 0}},
	}}))
	m.signed("c15-good.eml", m.anna)

	authorityExtensions := "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
	root := m.MakeKey("root-key", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
	m.Issue("openssl-root", "", testpki.Template{Key: root, Extensions: authorityExtensions})
	roots := string(m.pki.Root.CertPEM()) + m.read("openssl-root.pem")
	m.file("root.pem", roots)
	m.file("m-root.pem", roots)
	m.file("c15-roots-one-unreadable.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"+roots)
	pss := []string{"-sha256", "-sigopt", "rsa_padding_mode:pss"}
	brainpool := m.MakeKey("brainpool-key", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1")
	for name, k := range map[string]testpki.Template{
		"c11-pss-certificate-salt222":          {Key: root, Sign: append(pss, "-sigopt", "rsa_pss_saltlen:222")},
		"c11-pss-certificate-salt32-mgf1-sha1": {Key: root, Sign: append(pss, "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha1")},
		"c12-brainpool":                        {Key: brainpool},
	} {
		k.Extensions = madeExtensions + addresses[0]
		m.Issue(name, "openssl-root", k)
		m.signedByOpenssl(name+".eml", name)
	}
	m.revoked()
}

func (m *maker) withOctets(c *testpki.Cert, was, becomes string) *testpki.Cert {
	m.t.Helper()
	changed, err := c.WithOctets(was, becomes)
	if err != nil {
		m.t.Fatal(err)
	}
	return changed
}

// tolerated is a mail signed with a certificate of which octets were exchanged.
func (m *maker) tolerated(name string, o testpki.Options, was, becomes string) {
	m.t.Helper()
	m.signed(name, m.withOctets(m.pki.Issue(o), was, becomes))
}

func (m *maker) signed(name string, by *testpki.Cert) {
	m.t.Helper()
	e, err := smime.Sign(m.t.Context(), m.content(), smime.SignOptions{
		Signer: cms.Signer{Certificate: by.Certificate, Key: by.Key, SigningTime: time.Now()},
		Chain:  by.Chain(), Spool: m.spool, Unprepared: true,
	})
	if err != nil {
		m.t.Fatalf("%s: %v", name, err)
	}
	m.mail(name, e)
}

// content is madeContent as an entity.
func (m *maker) content() *smime.Entity {
	m.t.Helper()
	e, err := smime.ParseEntity(strings.NewReader(madeContent), int64(len(madeContent)))
	if err != nil {
		m.t.Fatal(err)
	}
	return e
}

// mail writes a mail with e as its content.
func (m *maker) mail(name string, e *smime.Entity) {
	m.t.Helper()
	defer e.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(e.Section()); err != nil {
		m.t.Fatal(err)
	}
	m.file(name, madeMail+text.String())
}

// signedByOpenssl signs with the certificate that Issue has called signer.
func (m *maker) signedByOpenssl(name, signer string, options ...string) {
	m.t.Helper()
	m.file("content", madeContent)
	m.Run(append([]string{
		"cms", "-sign", "-binary", "-in", "content", "-signer", signer + ".pem", "-inkey", signer + ".key",
		"-from", "anna@kunde.example", "-out", name,
	}, options...)...)
}

// revoked is c16: a mail whose signer is on a list that has run out.
func (m *maker) revoked() {
	m.t.Helper()
	const name = "c16-expired-crl-that-lists-424243.crl"
	lists := httptest.NewServer(http.FileServer(http.Dir(m.Dir)))
	m.t.Cleanup(lists.Close)
	signer := m.pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, CRL: []string{lists.URL + "/" + name}})
	month := 30 * 24 * time.Hour
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Now().Add(-2 * month), NextUpdate: time.Now().Add(-month),
		RevokedCertificateEntries: []x509.RevocationListEntry{
			{SerialNumber: signer.Certificate.SerialNumber, RevocationTime: time.Now().Add(-3 * month)},
		},
	}, m.pki.Root.Certificate, m.pki.Root.Key)
	if err != nil {
		m.t.Fatal(err)
	}
	m.file(name, string(der))
	m.signed("c16-signed.eml", signer)
}

// mails are kind D.
func (m *maker) mails() {
	m.t.Helper()
	m.signed("signed", m.anna)
	_, inner, _ := strings.Cut(m.read("signed"), madeMail)
	sealed := m.sealed("sealed", inner, "support.crt")
	m.file("d1-footer-after-base64.eml", madeMail+sealed+"\r\n-- \r\nDiese E-Mail wurde auf Viren geprueft.\r\n")
	m.file("d3-encrypted-beside-footer.eml", madeMail+"Content-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\n"+
		sealed+"\r\n--list\r\nContent-Type: text/plain\r\n\r\nlist mailing list\r\n--list--\r\n")
	m.file("d5-from-unquoted-comma.eml", strings.Replace(m.read("signed"), "From: anna@kunde.example", "From: Meier, Anna <anna@kunde.example>", 1))

	m.certificate(m.anna, "d6-anna")
	m.Run("pkey", "-in", "anna.pem", "-out", "d6-anna.key")
	m.signedByOpenssl("d6-signer-without-certificate.eml", "d6-anna", "-nocerts")
	dora := testpki.Options{Addresses: []string{"dora@kunde.example"}, Key: "rsa-2048", Usage: x509.KeyUsageDigitalSignature}
	m.certificate(m.pki.Issue(dora), "dora")
	m.Run("pkey", "-in", "dora.pem", "-out", "dora.key")
	dora.Usage = x509.KeyUsageKeyEncipherment
	m.certificate(m.pki.Issue(dora), "dora-encrypts")
	m.signedByOpenssl("d7-two-certificates-no-preference.eml", "dora", "-certfile", "dora-encrypts.crt", "-from", "dora@kunde.example")

	m.renewed("d4-encrypted-to-old-certificate.eml", "d4-renewed-same-key.pem", nil)
	m.renewed("m02-renewed-certificate.eml", "m02-renewed-key.pem", nil)
	sum := sha1.Sum(m.support.Certificate.RawSubjectPublicKeyInfo)
	m.renewed("m01-ski-of-spki.eml", "m01-key.pem", []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 14}, Value: append([]byte{4, 20}, sum[:]...)},
	}, "-keyid")

	m.x25519()
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("anna%d@kunde.example", i))
	}
	m.signed("m07-101-addresses.eml", m.pki.Issue(testpki.Options{Name: "Anna", Addresses: append(many, "anna@kunde.example")}))
}

// x25519 is m03: openssl 3.0 makes the key and the certificate, and cannot encrypt to them.
func (m *maker) x25519() {
	m.t.Helper()
	m.MakeKey("x25519.key", "X25519")
	m.Run("pkey", "-in", "x25519.key", "-pubout", "-out", "x25519.pub")
	m.Run("req", "-new", "-key", "anna.pem", "-subj", "/CN=x25519", "-out", "x25519.csr", "-config", "/dev/null")
	m.file("x25519.ext", "basicConstraints=CA:FALSE\nkeyUsage=critical,keyAgreement\nextendedKeyUsage=emailProtection\n"+
		"subjectAltName=email:"+ours+"\n")
	m.Run("x509", "-req", "-in", "x25519.csr", "-CA", "openssl-root.pem", "-CAkey", "openssl-root.key", "-CAcreateserial",
		"-force_pubkey", "x25519.pub", "-extfile", "x25519.ext", "-out", "x25519.pem")
	m.file("m03-x25519-key.pem", m.read("x25519.pem")+m.read("x25519.key"))
	to := []cms.Recipient{{Certificate: m.Read("x25519")}}
	e, err := smime.Encrypt(m.t.Context(), m.content(), smime.EncryptOptions{Recipients: to, SelfOnly: true, Spool: m.spool})
	if err != nil {
		m.t.Fatal(err)
	}
	m.mail("m03-x25519.eml", e)
}

// sealed encrypts with openssl and returns the entity.
func (m *maker) sealed(name, content, to string, options ...string) string {
	m.t.Helper()
	m.file("content", content)
	m.Run(append([]string{"cms", "-encrypt", "-binary", "-aes256", "-in", "content", "-out", name, "-recip", to}, options...)...)
	return strings.TrimPrefix(crlfOf(m.read(name)), "MIME-Version: 1.0\r\n")
}

// renewed writes a mail to an old certificate and a file with its key and the new one.
func (m *maker) renewed(mail, key string, extra []pkix.Extension, options ...string) {
	m.t.Helper()
	old := m.pki.Issue(testpki.Options{Addresses: []string{ours}, ReuseKeyFrom: m.support, Key: "rsa-2048", Extra: extra})
	m.certificate(old, "old")
	m.file(mail, madeMail+m.sealed("sealed", madeContent, "old.crt", options...))
	m.certificate(m.pki.Issue(testpki.Options{Addresses: []string{ours}, ReuseKeyFrom: m.support, Key: "rsa-2048"}), strings.TrimSuffix(key, ".pem"))
}

// imports are kind F.
func (m *maker) imports() {
	m.t.Helper()
	pem := string(m.anna.CertPEM())
	text := base64.StdEncoding.EncodeToString(m.anna.Certificate.Raw)
	folded := ""
	for rest := text; rest != ""; {
		n := min(70, len(rest))
		folded += "\r\n " + rest[:n]
		rest = rest[n:]
	}
	m.file("f1-bom.pem", "\ufeff"+pem)
	m.file("f2-base64-only.cer", text)
	m.file("f4-outlook-contact.vcf", "BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Anna\r\nKEY;X509;ENCODING=BASE64:"+folded+"\r\n\r\nEND:VCARD\r\n")
	m.file("f5-directory.ldif", "version: 1\r\ndn: cn=Anna\r\nuserCertificate;binary::"+folded+"\r\n")
	m.Run("crl2pkcs7", "-nocrl", "-certfile", "anna.crt", "-outform", "DER", "-out", "bundle")
	m.file("f6-certs-only.eml", madeMail+"Content-Type: application/pkcs7-mime; smime-type=certs-only; name=smime.p7c\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString([]byte(m.read("bundle")))+"\r\n")
}
