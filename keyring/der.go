package keyring

// This file reads PKCS#12, and tells what else a file without PEM blocks is.

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"

	"sealgate/internal/charset"
	"sealgate/internal/pkcs12"
	"sealgate/internal/x509cert"
	"sealgate/smime/cms"
)

// der reads a file that is one structure.
func (c *collection) der(data []byte) error {
	if err := c.pkcs12(data); !errors.Is(err, pkcs12.ErrNotPKCS12) {
		return err
	}
	if _, err := x509cert.Parse(data); err == nil {
		c.note = "the file is a certificate in DER"
		c.certificate(data, "")
		return nil
	}
	if block := keyBlock(data); block != nil {
		c.note = "the file is a key in DER"
		return c.block(block, 1)
	}
	if _, err := cms.Parse(bytes.NewReader(data), int64(len(data))); err == nil {
		c.note = "the file is a bundle of certificates, .p7b"
		c.bundle(data, "")
		return nil
	}
	return fmt.Errorf("%w: a structure that is neither a key nor a certificate, or is damaged or cut off", ErrEmpty)
}

// pkcs12 reads a PKCS#12 file.
func (c *collection) pkcs12(data []byte) error {
	found, err := pkcs12.Read(data, func() ([]byte, error) { return ask(c.password) })
	switch {
	case errors.Is(err, pkcs12.ErrPassword):
		return ErrPassword
	case errors.Is(err, pkcs12.ErrNotPKCS12), err != nil && errors.Is(err, ErrPassword):
		return err
	case err != nil:
		return fmt.Errorf("keyring: %w", err)
	}
	c.note = "the file is PKCS#12"
	for _, raw := range found.Certificates {
		c.certificate(raw, "")
	}
	for _, what := range found.LeftOut {
		c.leaveOut("", what)
	}
	for _, raw := range found.Keys {
		k, err := parsePrivateKey(raw)
		if err := c.addKey(k, err, ""); err != nil {
			return err
		}
	}
	return nil
}

// ToPEM is a certificate or private key in DER as PEM, anything else as it is.
func ToPEM(data []byte) []byte {
	if _, err := x509cert.Parse(data); err == nil {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: data})
	}
	if block := keyBlock(data); block != nil {
		return pem.EncodeToMemory(block)
	}
	return append(bytes.TrimRight(charset.Text(data), "\r\n"), '\n')
}

// keyBlock is a private key in DER, plain or encrypted, as PEM block; nil of what is
// none.
func keyBlock(data []byte) *pem.Block {
	if _, err := parsePrivateKey(data); !errors.Is(err, errUnreadable) {
		return &pem.Block{Type: "PRIVATE KEY", Bytes: data}
	}
	if _, err := readEncryptedKey(data); err == nil {
		return &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: data}
	}
	return nil
}

// others are the first octets of files that people take for key files, and what to do.
var others = []struct{ begin, remedy string }{
	{
		"\xfe\xed\xfe\xed",
		"a Java keystore (JKS): keytool -importkeystore -srckeystore OLD.jks -destkeystore NEW.p12 -deststoretype pkcs12",
	},
	{
		"\xce\xce\xce\xce",
		"a Java keystore (JCEKS): keytool -importkeystore -srckeystore OLD.jks -srcstoretype jceks " +
			"-destkeystore NEW.p12 -deststoretype pkcs12",
	},
	{"SQLite format 3", "a database of Firefox or Thunderbird: export the certificate there, as a .p12 file"},
	{"PK\x03\x04", "a ZIP archive: unpack it"},
	{"PuTTY-User-Key-File", "an SSH key: it has no certificate that S/MIME could use"},
}

// notAKeyFile says what came instead of PEM and DER.
func notAKeyFile(data []byte) error {
	for _, o := range others {
		if bytes.HasPrefix(data, []byte(o.begin)) {
			return fmt.Errorf("%w: %s", ErrEmpty, o.remedy)
		}
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("MI")) { // base64 of a long SEQUENCE
		return fmt.Errorf("%w: base64 that is damaged or cut off", ErrEmpty)
	}
	return ErrEmpty
}
