package keyring

// This file reads PKCS#12, and tells what else a file without PEM blocks is.

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"
)

// parseDER reads PKCS#12.
func parseDER(data []byte, password Password) ([]*Credential, error) {
	if err := otherDER(data); err != nil {
		return nil, err
	}
	key, cert, chain, err := pkcs12.DecodeChain(data, "")
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		pw, asked := ask(password)
		if asked != nil {
			return nil, asked
		}
		key, cert, chain, err = pkcs12.DecodeChain(data, string(pw))
	}
	var reason pkcs12.NotImplementedError
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, ErrPassword
	case errors.As(err, &reason): // names algorithms and counts, nothing secret
		return nil, fmt.Errorf("%w (%s)", errP12, string(reason))
	case err != nil:
		return nil, errP12
	}
	k, err := asSigner(key, nil)
	if err != nil {
		return nil, err
	}
	return pair(append([]*x509.Certificate{cert}, chain...), []crypto.Signer{k})
}

// errP12 names what the library does not read; openssl does.
var errP12 = errors.New("keyring: this PKCS#12 file cannot be read (no MAC, a SHA-384 MAC, 3DES under PBES2, no key or several); convert it: openssl pkcs12 -in OLD.p12 -nodes -out NEW.pem, and paste that")

// otherDER says what a DER file is that is no PKCS#12.
func otherDER(data []byte) error {
	if _, err := x509.ParseCertificate(data); err == nil {
		return fmt.Errorf("%w (the file is a certificate in DER)", ErrNoKey)
	}
	if keyType(data) != "" {
		return fmt.Errorf("%w (the file is a key in DER)", ErrNoCert)
	}
	var cms struct {
		Type asn1.ObjectIdentifier
		Rest asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(data, &cms); err == nil {
		return fmt.Errorf("%w (the file is a bundle of certificates, .p7b)", ErrNoKey)
	}
	return nil
}

// ToPEM is a certificate or private key in DER as PEM, anything else as it is.
func ToPEM(data []byte) []byte {
	kind := keyType(data)
	if _, err := x509.ParseCertificate(data); err == nil {
		kind = "CERTIFICATE"
	}
	if kind == "" {
		return append(bytes.TrimRight(data, "\r\n"), '\n')
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data})
}

// keyType is the PEM type of a private key in DER, plain or encrypted; "" of what is
// none.
func keyType(data []byte) string {
	if _, err := x509.ParsePKCS8PrivateKey(data); err == nil {
		return "PRIVATE KEY"
	}
	if _, err := x509.ParsePKCS1PrivateKey(data); err == nil {
		return "RSA PRIVATE KEY"
	}
	if _, err := x509.ParseECPrivateKey(data); err == nil {
		return "EC PRIVATE KEY"
	}
	var k encryptedKey
	if rest, err := asn1.Unmarshal(data, &k); err == nil && len(rest) == 0 {
		return "ENCRYPTED PRIVATE KEY"
	}
	return ""
}

// notAKeyFile says what came instead of PEM and DER.
func notAKeyFile(data []byte) error {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return fmt.Errorf("%w: the file is UTF-16; save it as plain text", ErrEmpty)
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("MI")): // base64 of a long SEQUENCE
		return fmt.Errorf("%w: base64 without its BEGIN and END lines; of a .p12: openssl base64 -d -in OLD -out NEW.p12", ErrEmpty)
	}
	return ErrEmpty
}
