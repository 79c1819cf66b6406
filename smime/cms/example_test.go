// Runnable examples for the package's documentation.

package cms_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"os"

	"sealgate/smime/cms"
	"sealgate/spool"
)

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode(data)
	return block.Bytes
}

// anna has an EC certificate for signing and encryption.
func anna() (*x509.Certificate, crypto.Signer) {
	certificate, err := x509.ParseCertificate(read("testdata/pki/p256.pem"))
	if err != nil {
		log.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(read("testdata/pki/p256.key"))
	if err != nil {
		log.Fatal(err)
	}
	return certificate, key.(crypto.Signer)
}

// Sign a text, and verify the signature with the text beside it.
func ExampleSign() {
	certificate, key := anna()
	content := bytes.NewReader([]byte("Content-Type: text/plain\r\n\r\nHello.\r\n"))
	var signature bytes.Buffer
	err := cms.Sign(context.Background(), &signature, content, content.Size(), cms.SignOptions{
		Signers:  []cms.Signer{{Certificate: certificate, Key: key}},
		Detached: true,
	})
	if err != nil {
		log.Fatal(err)
	}

	info, err := cms.Parse(bytes.NewReader(signature.Bytes()), int64(signature.Len()))
	if err != nil {
		log.Fatal(err)
	}
	verifier := info.Signed.Verifier()
	if _, err := io.Copy(verifier, content); err != nil {
		log.Fatal(err)
	}
	for _, s := range verifier.Verify(context.Background(), content, content.Size()) {
		fmt.Println(s.Certificate.EmailAddresses, s.Algorithm, s.Digest, s.Err)
	}
	// Output: [p256@kunde.example] ecdsa sha-256 <nil>
}

// Encrypt a text, and decrypt it into a spool.
func ExampleEncrypt() {
	certificate, key := anna()
	content := []byte("Content-Type: text/plain\r\n\r\nHello.\r\n")
	var encrypted bytes.Buffer
	err := cms.Encrypt(context.Background(), &encrypted, bytes.NewReader(content), int64(len(content)), cms.EncryptOptions{
		Cipher:     "aes-256-gcm",
		Recipients: []cms.Recipient{{Certificate: certificate}},
	})
	if err != nil {
		log.Fatal(err)
	}

	info, err := cms.Parse(bytes.NewReader(encrypted.Bytes()), int64(encrypted.Len()))
	if err != nil {
		log.Fatal(err)
	}
	files, err := spool.New(spool.Options{Dir: os.TempDir()})
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := info.Enveloped.Decrypt(context.Background(), cms.DecryptOptions{
		Keys:  []cms.DecryptionKey{{Certificate: certificate, Key: key}},
		Spool: files,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer plaintext.File.Close()
	got, err := io.ReadAll(plaintext.File.NewReader())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Enveloped.Cipher, info.Enveloped.Recipients[0].KeyManagement, bytes.Equal(got, content))
	// Output: aes-256-gcm ecdh-sha-256 true
}
