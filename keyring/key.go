package keyring

// This file reads one private key, plain or encrypted.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
)

// What is said of keys that mail cannot use or that need a conversion. No cause
// is given with them: it could quote key bytes.
var (
	errUnreadable = errors.New("keyring: the private key cannot be read")
	errKind       = errors.New("keyring: a private key of a kind that mail does not use; RSA, EC (P-256, P-384, P-521) and Ed25519 are")
	errConvert    = errors.New("keyring: the key is encrypted in an old way; convert it: openssl pkcs8 -topk8 -v2 aes256 -in KEY -out NEWKEY")
)

// parseKey reads one key block.
func parseKey(block *pem.Block, password Password) (crypto.Signer, error) {
	if block.Headers["DEK-Info"] != "" {
		return nil, errConvert
	}
	switch block.Type {
	case "PRIVATE KEY":
		return parsePKCS8(block.Bytes)
	case "RSA PRIVATE KEY":
		return asSigner(x509.ParsePKCS1PrivateKey(block.Bytes))
	case "EC PRIVATE KEY":
		return asSigner(x509.ParseECPrivateKey(block.Bytes))
	case "ENCRYPTED PRIVATE KEY":
		return decryptKey(block.Bytes, password)
	}
	return nil, fmt.Errorf("keyring: a %q block is neither a certificate nor a private key%s", block.Type, hint(block.Type))
}

// hint says what to do with a block that is often pasted by mistake.
func hint(kind string) string {
	switch {
	case strings.HasSuffix(kind, "CERTIFICATE REQUEST"):
		return "; paste the certificate that the CA sent back for this request"
	case strings.HasSuffix(kind, "PUBLIC KEY"):
		return "; the certificate has it already, the private key is needed"
	case kind == "PKCS7", kind == "CMS":
		return "; convert it: openssl pkcs7 -print_certs -in OLD -out NEW.pem"
	case strings.HasPrefix(kind, "OPENSSH"), strings.HasPrefix(kind, "PGP"):
		return "; SSH and OpenPGP keys have no certificate that S/MIME could use"
	}
	return ""
}

// parsePKCS8 reads a PrivateKeyInfo (RFC 5958 §2).
func parsePKCS8(der []byte) (crypto.Signer, error) {
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return asSigner(k, nil)
	}
	var info struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
		Rest      asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, errUnreadable
	}
	return nil, fmt.Errorf("%w (algorithm %s)", errUnreadable, info.Algorithm.Algorithm)
}

func asSigner(k any, err error) (crypto.Signer, error) {
	if err != nil {
		return nil, errUnreadable
	}
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errKind
}

// decryptKey reads an EncryptedPrivateKeyInfo (RFC 5958 §3).
func decryptKey(der []byte, password Password) (crypto.Signer, error) {
	if err := checkPBES2(der); err != nil {
		return nil, err
	}
	pw, err := ask(password)
	if err != nil {
		return nil, err
	}
	if len(pw) == 0 {
		return nil, ErrPassword // the library takes none for "the key is not encrypted"
	}
	k, err := pkcs8.ParsePKCS8PrivateKey(der, pw)
	if err != nil {
		return nil, ErrPassword
	}
	return asSigner(k, nil)
}

func ask(password Password) ([]byte, error) {
	if password == nil {
		return nil, fmt.Errorf("%w: the key is encrypted and no password_file is given", ErrPassword)
	}
	return password()
}

// encryptedKey is RFC 5958 §3's EncryptedPrivateKeyInfo with RFC 8018 §A.4's
// parameters.
type encryptedKey struct {
	Algorithm struct {
		ID     asn1.ObjectIdentifier
		Params asn1.RawValue
	}
	Data []byte
}

type pbes2Params struct {
	Derivation pkix.AlgorithmIdentifier
	Cipher     struct {
		ID asn1.ObjectIdentifier
		IV []byte
	}
}

var oidPBES2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}

// blockSizes of the ciphers that are read (RFC 8018 §B.2): AES-128, -192 and
// -256-CBC, DES-EDE3-CBC.
var blockSizes = map[string]int{
	"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 16, "2.16.840.1.101.3.4.1.42": 16, "1.2.840.113549.3.7": 8,
}

// checkPBES2 refuses what the library that decrypts does not read or would panic
// at: an IV or a ciphertext that is not whole blocks.
func checkPBES2(der []byte) error {
	var k encryptedKey
	if _, err := asn1.Unmarshal(der, &k); err != nil {
		return errUnreadable
	}
	var p pbes2Params
	if _, err := asn1.Unmarshal(k.Algorithm.Params.FullBytes, &p); err != nil || !k.Algorithm.ID.Equal(oidPBES2) {
		return errConvert
	}
	size, known := blockSizes[p.Cipher.ID.String()]
	switch {
	case !known:
		return errConvert
	case len(p.Cipher.IV) != size, len(k.Data) == 0, len(k.Data)%size != 0:
		return errUnreadable
	}
	return nil
}
