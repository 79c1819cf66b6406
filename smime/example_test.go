// Examples for the package documentation.

package smime_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"

	"sealgate/internal/testpki"
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

// credential makes a key and a certificate for anna@kunde.example. A program
// would read them from a file.
func credential() *testpki.Cert {
	root, err := testpki.NewRoot(testpki.Options{})
	if err != nil {
		log.Fatal(err)
	}
	c, err := root.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}})
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func newSpool() *spool.Spool {
	sp, err := spool.New(spool.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return sp
}

func ExampleSign() {
	c, sp := credential(), newSpool()
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
		Signer: cms.Signer{Certificate: c.Certificate, Key: c.Key},
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
	c, sp := credential(), newSpool()
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
		Recipients: []cms.Recipient{{Certificate: c.Certificate}},
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
	c, sp := credential(), newSpool()
	e, err := smime.ParseEntity(strings.NewReader(message), int64(len(message)))
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := smime.Encrypt(context.Background(), e, smime.EncryptOptions{
		Cipher:     "aes-256-gcm",
		Recipients: []cms.Recipient{{Certificate: c.Certificate}},
		Spool:      sp,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sealed.Close()

	m, err := smime.Open(context.Background(), sealed.Section(), sealed.Size(), smime.OpenOptions{
		Keys:  []cms.DecryptionKey{{Certificate: c.Certificate, Key: c.Key}},
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
