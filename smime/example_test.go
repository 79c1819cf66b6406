// Examples for the package documentation.

package smime_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"sealgate/smime"
	"sealgate/smime/cms"
	"sealgate/spool"
)

const message = "From: anna@kunde.example\r\n" +
	"To: support@firma.example\r\n" +
	"Subject: Hallo\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\n" +
	"Content-Transfer-Encoding: 8bit\r\n" +
	"\r\n" +
	"Grüße aus Köln\r\n"

// credential reads the certificate and the key of anna@kunde.example.
func credential() (*x509.Certificate, crypto.Signer) {
	certificate, err := x509.ParseCertificate(read("cms/testdata/pki/p256.pem"))
	if err != nil {
		log.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(read("cms/testdata/pki/p256.key"))
	if err != nil {
		log.Fatal(err)
	}
	return certificate, key.(crypto.Signer)
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode(data)
	return block.Bytes
}

func newSpool() *spool.Spool {
	sp, err := spool.New(spool.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return sp
}

func ExampleSign() {
	certificate, key := credential()
	sp := newSpool()
	e, err := smime.ParseEntity(strings.NewReader(message), int64(len(message)))
	if err != nil {
		log.Fatal(err)
	}
	content, err := smime.Prepare(context.Background(), e, smime.PrepareOptions{Spool: sp})
	if err != nil {
		log.Fatal(err)
	}
	defer content.Close()
	signed, err := smime.Sign(context.Background(), content, smime.SignOptions{
		Signer: cms.Signer{Certificate: certificate, Key: key},
		Spool:  sp,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer signed.Close()
	media, params := signed.ContentType()
	fmt.Println(media, params["micalg"])
	parts, err := signed.Parts()
	if err != nil {
		log.Fatal(err)
	}
	content7bit, err := io.ReadAll(parts[0].Section())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.ReplaceAll(string(content7bit), "\r\n", "\n"))
	// Output:
	// multipart/signed sha-256
	// Content-Type: text/plain; charset=utf-8
	// Content-Transfer-Encoding: quoted-printable
	//
	// Gr=C3=BC=C3=9Fe aus K=C3=B6ln
}

func ExampleEncrypt() {
	certificate, _ := credential()
	sp := newSpool()
	e, err := smime.ParseEntity(strings.NewReader(message), int64(len(message)))
	if err != nil {
		log.Fatal(err)
	}
	content, err := smime.Prepare(context.Background(), e, smime.PrepareOptions{Spool: sp})
	if err != nil {
		log.Fatal(err)
	}
	defer content.Close()
	sealed, err := smime.Encrypt(context.Background(), content, smime.EncryptOptions{
		Recipients: []cms.Recipient{{Certificate: certificate}},
		Spool:      sp,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sealed.Close()
	for _, f := range sealed.Fields {
		fmt.Println(f.Name+":", f.Value())
	}
	// Output:
	// Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"
	// Content-Transfer-Encoding: base64
	// Content-Disposition: attachment; filename="smime.p7m"
}

func ExampleOpen() {
	certificate, key := credential()
	sp := newSpool()
	e, err := smime.ParseEntity(strings.NewReader(message), int64(len(message)))
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := smime.Encrypt(context.Background(), e, smime.EncryptOptions{
		Cipher:     "aes-256-gcm",
		Recipients: []cms.Recipient{{Certificate: certificate}},
		Spool:      sp,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sealed.Close()

	m, err := smime.Open(context.Background(), sealed.Section(), sealed.Size(), smime.OpenOptions{
		Keys:  []cms.DecryptionKey{{Certificate: certificate, Key: key}},
		Spool: sp,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for _, l := range m.Layers {
		fmt.Println(l.Type, l.Cipher)
	}
	body, err := io.ReadAll(m.Inner.Body())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(body))
	// Output:
	// auth-enveloped aes-256-gcm
	// Grüße aus Köln
}

func ExampleWithHeader() {
	certificate, key := credential()
	sp := newSpool()
	e, err := smime.ParseEntity(strings.NewReader(message), int64(len(message)))
	if err != nil {
		log.Fatal(err)
	}
	content, err := smime.Prepare(context.Background(), e, smime.PrepareOptions{Spool: sp})
	if err != nil {
		log.Fatal(err)
	}
	defer content.Close()
	signed, err := smime.Sign(context.Background(), content, smime.SignOptions{
		Signer: cms.Signer{Certificate: certificate, Key: key},
		Opaque: true,
		Spool:  sp,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer signed.Close()
	whole, err := smime.WithHeader(e.Fields, signed)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range whole.Fields {
		fmt.Println(f.Name+":", f.Value())
	}
	// Output:
	// From: anna@kunde.example
	// To: support@firma.example
	// Subject: Hallo
	// MIME-Version: 1.0
	// Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"
	// Content-Transfer-Encoding: base64
	// Content-Disposition: attachment; filename="smime.p7m"
}
