package keyring

// This file reads one private key, plain or encrypted.

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sealgate/internal/brainpool"
	"sealgate/internal/pbe"
)

// What is said of keys that mail cannot use. No cause is given with errUnreadable: it
// could quote key bytes.
var (
	errUnreadable = errors.New("keyring: the private key cannot be read: it is damaged or cut off")
	errNoPassword = fmt.Errorf("%w: the key is encrypted and no password_file is given (--password-file)", ErrPassword)
	errKind       = errors.New("keyring: a private key of a kind that mail does not use; " +
		"RSA, EC (P-256, P-384, P-521, brainpoolP256r1, P384r1 and P512r1), Ed25519 and X25519 are")
)

// key reads a block that holds a private key, which may be encrypted as in OpenSSL
// before 1.0 (RFC 1421 §4.6.1.1).
func (c *collection) key(block *pem.Block, where string) error {
	der := block.Bytes
	if block.Headers["DEK-Info"] != "" {
		var err error
		der, err = decryptBlock(block, c.password)
		if err != nil {
			return err
		}
	}
	k, err := parsePrivateKey(der)
	return c.addKey(k, err, where)
}

func (c *collection) encryptedKey(der []byte, where string) error {
	k, err := decryptKey(der, c.password)
	return c.addKey(k, err, where)
}

// privateKeyInfo is RFC 5958 §2.
type privateKeyInfo struct {
	Version   int
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
	Rest      []asn1.RawValue `asn1:"optional"`
}

// Algorithms of RSA keys that are for one use only (RFC 4055 §1.2).
var (
	idRSASSAPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	idRSAESOAEP = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
)

// parsePrivateKey reads PKCS#8, PKCS#1 or SEC1, whatever the label says: programs err
// there. errUnreadable means that it is none of them.
func parsePrivateKey(der []byte) (PrivateKey, error) {
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return known(k)
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k, nil
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k, nil
	}
	switch k, err := brainpool.ParsePrivateKey(der); {
	case err == nil:
		return k, nil
	case !errors.Is(err, brainpool.ErrOtherCurve):
		return nil, errUnreadable
	}
	return parseOtherKey(der)
}

// parseOtherKey reads what crypto/x509 does not, or says what it is.
func parseOtherKey(der []byte) (PrivateKey, error) {
	var info privateKeyInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, otherCurve(der)
	}
	switch id := info.Algorithm.Algorithm; {
	case id.Equal(idRSASSAPSS), id.Equal(idRSAESOAEP):
		k, err := x509.ParsePKCS1PrivateKey(info.Key)
		if err != nil {
			return nil, errUnreadable
		}
		return k, nil
	}
	name := describe(info.Algorithm)
	if slices.Contains(readKinds, name) {
		return nil, errUnreadable
	}
	return nil, fmt.Errorf("%w (algorithm %s)", errKind, name)
}

// ecPrivateKey is RFC 5915 §3.
type ecPrivateKey struct {
	Version int
	Key     []byte
	Curve   asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	Public  asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

// otherCurve is why an EC key in the form of SEC1 cannot be read.
func otherCurve(der []byte) error {
	var key ecPrivateKey
	if _, err := asn1.Unmarshal(der, &key); err != nil {
		return errUnreadable
	}
	name := ecPublicKey + " with " + key.Curve.String()
	if slices.Contains(readKinds, name) {
		return errUnreadable
	}
	return fmt.Errorf("%w (algorithm %s)", errKind, name)
}

const ecPublicKey = "1.2.840.10045.2.1" // RFC 5480 §2.1.1

// readKinds are the algorithms whose keys are read: of them, one that is not is damaged.
var readKinds = []string{
	"1.2.840.113549.1.1.1", "1.3.101.112", "1.3.101.110",
	ecPublicKey + " with 1.2.840.10045.3.1.7",
	ecPublicKey + " with 1.3.132.0.34",
	ecPublicKey + " with 1.3.132.0.35",
}

// describe names an algorithm, and the curve when the parameters name one.
func describe(a pkix.AlgorithmIdentifier) string {
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(a.Parameters.FullBytes, &curve); err == nil {
		return a.Algorithm.String() + " with " + curve.String()
	}
	return a.Algorithm.String()
}

// known is a key of crypto/x509 if mail uses its kind.
func known(k any) (PrivateKey, error) {
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	case *ecdh.PrivateKey: // X25519 (RFC 8410)
		return k, nil
	}
	return nil, errKind
}

// marshalPrivateKey writes PKCS#8.
func marshalPrivateKey(k PrivateKey) ([]byte, error) {
	if k, ok := k.(*brainpool.PrivateKey); ok {
		return brainpool.MarshalPrivateKey(k)
	}
	return x509.MarshalPKCS8PrivateKey(k)
}

// encryptedKey is EncryptedPrivateKeyInfo (RFC 5958 §3).
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

func readEncryptedKey(der []byte) (*encryptedKey, error) {
	var k encryptedKey
	if rest, err := asn1.Unmarshal(der, &k); err != nil || len(rest) > 0 {
		return nil, errUnreadable
	}
	return &k, nil
}

// decryptKey reads an EncryptedPrivateKeyInfo. The password is asked for only when one
// could help.
func decryptKey(der []byte, password Password) (PrivateKey, error) {
	k, err := readEncryptedKey(der)
	if err != nil {
		return nil, err
	}
	if err := pbe.CheckScheme(k.Algorithm); err != nil {
		return nil, explained(err)
	}
	text, err := ask(password)
	if err != nil {
		return nil, err
	}
	isKey := func(plain []byte) bool {
		_, err := parsePrivateKey(plain)
		return !errors.Is(err, errUnreadable)
	}
	plain, err := pbe.NewOpener(text, pbe.MaxWork).Decrypt(k.Algorithm, k.Data, isKey)
	if err != nil {
		return nil, explained(err)
	}
	return parsePrivateKey(plain)
}

// explained turns pbe's causes into sentences about the key.
func explained(err error) error {
	var unsupported *pbe.UnsupportedError
	switch {
	case errors.Is(err, pbe.ErrPassword):
		return ErrPassword
	case errors.As(err, &unsupported):
		return fmt.Errorf("keyring: the private key is encrypted with what is not read here: %s; "+
			"convert it: openssl pkcs8 -topk8 -v2 aes256 -in KEY -out NEWKEY", unsupported.What)
	case errors.Is(err, pbe.ErrTooMuch):
		return errors.New("keyring: the private key's encryption asks for more work than any program writes " +
			"(iterations or salt)")
	}
	return errUnreadable
}

// decryptBlock opens the encryption of RFC 1421, with the password in UTF-8.
func decryptBlock(block *pem.Block, password Password) ([]byte, error) {
	name, _, _ := strings.Cut(block.Headers["DEK-Info"], ",")
	switch name {
	case "DES-CBC", "DES-EDE3-CBC", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC":
	default:
		return nil, explained(&pbe.UnsupportedError{What: "cipher " + name})
	}
	text, err := ask(password)
	if err != nil {
		return nil, err
	}
	//lint:ignore SA1019 the scheme is weak, which is why x509 advises against it; people have such files
	der, err := x509.DecryptPEMBlock(block, text)
	switch {
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, ErrPassword
	case err != nil:
		return nil, errUnreadable
	}
	if _, err := parsePrivateKey(der); errors.Is(err, errUnreadable) {
		return nil, ErrPassword // one wrong password in 256 gives good padding
	}
	return der, nil
}

func ask(password Password) ([]byte, error) {
	if password == nil {
		return nil, errNoPassword
	}
	return password()
}
