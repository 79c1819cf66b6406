package keyring

// This file reads what admins paste, and says in plain words what is wrong
// with it.

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"

	"sealgate/internal/spki"
)

// Password gives the password of a key when it is needed; nil means that there
// is none.
type Password func() ([]byte, error)

// Bounds of a key file.
const (
	maxFile = 1 << 20 // octets
	minRSA  = 2048    // bits
)

// The faults that callers tell apart.
var (
	ErrPassword = errors.New("keyring: wrong password")
	ErrNoKey    = errors.New("keyring: there is a certificate but no private key; paste the block that begins with BEGIN PRIVATE KEY along with it")
	ErrNoCert   = errors.New("keyring: there is a private key but no certificate; paste the block that begins with BEGIN CERTIFICATE along with it")
	ErrEmpty    = errors.New("keyring: neither PEM blocks nor a PKCS#12 file")
)

// Parse reads PEM (certificates and keys in any order; PKCS#8 plain or
// encrypted, PKCS#1, SEC1) or PKCS#12. Each key with its certificate is one
// Credential. Nothing secret stands in an error.
func Parse(data []byte, password Password) ([]*Credential, error) {
	switch {
	case len(data) > maxFile:
		return nil, fmt.Errorf("keyring: %d bytes are too many for a key file", len(data))
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return parsePEM(data, password)
	case len(data) > 0 && data[0] == 0x30:
		return parseDER(data, password)
	}
	return nil, ErrEmpty
}

// parsePEM collects all blocks, then pairs them.
func parsePEM(data []byte, password Password) ([]*Credential, error) {
	var certs []*x509.Certificate
	var keys []crypto.Signer
	for n := 1; ; n++ {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("keyring: block %d, certificate: %w", n, err)
			}
			certs = append(certs, c)
		case "EC PARAMETERS":
		default:
			k, err := parseKey(block, password)
			if err != nil {
				return nil, fmt.Errorf("keyring: block %d: %w", n, err)
			}
			keys = append(keys, k)
		}
	}
	return pair(certs, keys)
}

// parseKey reads one key block.
func parseKey(block *pem.Block, password Password) (crypto.Signer, error) {
	if block.Headers["DEK-Info"] != "" {
		return nil, errors.New("the key is encrypted in OpenSSL's old way; convert it: openssl pkcs8 -topk8 -in KEY -out NEWKEY")
	}
	switch block.Type {
	case "PRIVATE KEY":
		return asSigner(x509.ParsePKCS8PrivateKey(block.Bytes))
	case "RSA PRIVATE KEY":
		return asSigner(x509.ParsePKCS1PrivateKey(block.Bytes))
	case "EC PRIVATE KEY":
		return asSigner(x509.ParseECPrivateKey(block.Bytes))
	case "ENCRYPTED PRIVATE KEY":
		pw, err := ask(password)
		if err != nil {
			return nil, err
		}
		k, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, pw)
		if err != nil {
			return nil, ErrPassword
		}
		return asSigner(k, nil)
	}
	return nil, fmt.Errorf("a %q block is neither a certificate nor a private key", block.Type)
}

func ask(password Password) ([]byte, error) {
	if password == nil {
		return nil, fmt.Errorf("%w: the key is encrypted and no password_file is given", ErrPassword)
	}
	return password()
}

func asSigner(k any, err error) (crypto.Signer, error) {
	if err != nil {
		return nil, errors.New("the private key cannot be read") // the cause could quote key bytes
	}
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("a private key of a kind that mail does not use")
}

// parseDER reads PKCS#12, and tells what else a DER file is.
func parseDER(data []byte, password Password) ([]*Credential, error) {
	if _, err := x509.ParseCertificate(data); err == nil {
		return nil, fmt.Errorf("%w (the file is a certificate in DER)", ErrNoKey)
	}
	if _, err := x509.ParsePKCS8PrivateKey(data); err == nil {
		return nil, fmt.Errorf("%w (the file is a key in DER)", ErrNoCert)
	}
	var pw []byte
	key, cert, chain, err := pkcs12.DecodeChain(data, "")
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		if pw, err = ask(password); err != nil {
			return nil, err
		}
		key, cert, chain, err = pkcs12.DecodeChain(data, string(pw))
	}
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, ErrPassword
	case err != nil:
		return nil, errors.New("keyring: this PKCS#12 file cannot be read (no MAC, a SHA-384 MAC, 3DES under PBES2, or several keys); convert it: openssl pkcs12 -in OLD.p12 -nodes -out NEW.pem")
	}
	k, err := asSigner(key, nil)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return pair(append(chain, cert), []crypto.Signer{k})
}

// pair gives each key its certificate, found by the public key, and the other
// certificates as chain.
func pair(certs []*x509.Certificate, keys []crypto.Signer) ([]*Credential, error) {
	switch {
	case len(certs) == 0 && len(keys) == 0:
		return nil, ErrEmpty
	case len(keys) == 0:
		return nil, ErrNoKey
	case len(certs) == 0:
		return nil, ErrNoCert
	}
	var out []*Credential
	used := map[*x509.Certificate]bool{}
	for _, k := range keys {
		for _, c := range certs {
			if belongs(k, c) && !used[c] {
				used[c] = true
				out = append(out, &Credential{Certificate: c, Key: k})
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("keyring: the private key belongs to another certificate than %q", certs[0].Subject.String())
	}
	for _, c := range out {
		c.Chain = chainOf(c.Certificate, certs, used)
	}
	return out, nil
}

func belongs(k crypto.Signer, c *x509.Certificate) bool {
	pub, err := spki.PublicKey(c)
	if err != nil {
		return false
	}
	own, ok := k.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && own.Equal(pub)
}

// chainOf follows the issuers among the certificates that have no key here. The
// root is left out: whoever needs it has it.
func chainOf(leaf *x509.Certificate, certs []*x509.Certificate, used map[*x509.Certificate]bool) (chain []*x509.Certificate) {
	for at := leaf; len(chain) <= len(certs); {
		var next *x509.Certificate
		for _, c := range certs {
			if !used[c] && c != at && spki.CheckSignatureFrom(at, c) == nil {
				next = c
				break
			}
		}
		if next == nil || bytes.Equal(next.RawSubject, next.RawIssuer) {
			return chain
		}
		chain, at = append(chain, next), next
	}
	return chain
}

// Problems are what makes a credential unfit at the time now, in plain words;
// none means that it can be used.
func (c *Credential) Problems(now time.Time) (out []string) {
	cert := c.Certificate
	if now.After(cert.NotAfter) {
		out = append(out, fmt.Sprintf("the certificate expired on %s", cert.NotAfter.UTC().Format(time.DateOnly)))
	}
	if now.Before(cert.NotBefore) {
		out = append(out, fmt.Sprintf("the certificate is not valid before %s", cert.NotBefore.UTC().Format(time.DateOnly)))
	}
	if k, ok := c.Key.(*rsa.PrivateKey); ok && (k.N.BitLen() < minRSA || k.E < 3) {
		out = append(out, fmt.Sprintf("the RSA key has %d bits and exponent %d; receivers call less than %d bits weak", k.N.BitLen(), k.E, minRSA))
	}
	return out
}
