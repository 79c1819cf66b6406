package keyring

// This file reads what admins paste, and says in plain words what is wrong
// with it.

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

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

// pemBegin is found also where one of the hyphens was lost.
var pemBegin = []byte("--BEGIN ")

// Parse reads PEM (certificates and keys in any order; PKCS#8 plain or
// encrypted, PKCS#1, SEC1) or PKCS#12. Each key with its certificate is one
// Credential. Nothing secret stands in an error.
func Parse(data []byte, password Password) ([]*Credential, error) {
	switch {
	case len(data) > maxFile:
		return nil, fmt.Errorf("keyring: %d bytes are too many for a key file", len(data))
	case bytes.Contains(data, pemBegin):
		return parsePEM(data, password)
	case len(data) > 0 && data[0] == 0x30:
		return parseDER(data, password)
	}
	return nil, notAKeyFile(data)
}

// parsePEM collects all blocks, then pairs them.
func parsePEM(data []byte, password Password) ([]*Credential, error) {
	begun := bytes.Count(data, pemBegin)
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // Windows' Notepad puts it there
	var certs []*x509.Certificate
	var keys []crypto.Signer
	n := 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		n++
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
			c, err := x509.ParseCertificate(withoutTrust(block))
			if err != nil {
				return nil, fmt.Errorf("keyring: block %d, certificate: %w", n, err)
			}
			certs = append(certs, c)
		case "EC PARAMETERS":
		default:
			k, err := parseKey(block, password)
			if err != nil {
				return nil, fmt.Errorf("%w (block %d)", err, n)
			}
			keys = append(keys, k)
		}
	}
	if n != begun {
		return nil, fmt.Errorf("keyring: %d blocks begin with BEGIN, but only %d can be read: paste each whole, from -----BEGIN to -----END with all five hyphens, in lines of its own without blanks before them", begun, n)
	}
	return pair(certs, keys)
}

// withoutTrust is the certificate of a block. A TRUSTED CERTIFICATE of openssl
// has settings behind it.
func withoutTrust(block *pem.Block) []byte {
	var cert asn1.RawValue
	if _, err := asn1.Unmarshal(block.Bytes, &cert); err != nil || block.Type != "TRUSTED CERTIFICATE" {
		return block.Bytes
	}
	return cert.FullBytes
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
	certs = once(certs)
	var out []*Credential
	used := map[*x509.Certificate]bool{}
	for n, k := range keys {
		found := false
		for _, c := range certs {
			if !belongs(k, c) {
				continue
			}
			if found = true; !used[c] { // a key may have been pasted twice
				used[c] = true
				out = append(out, &Credential{Certificate: c, Key: k})
			}
		}
		if !found {
			return nil, fmt.Errorf("keyring: private key %d of %d belongs to another certificate than %q", n+1, len(keys), certs[0].Subject.String())
		}
	}
	for _, c := range out {
		c.Chain = chainOf(c.Certificate, certs, used)
	}
	return out, nil
}

// once leaves out what was pasted twice.
func once(certs []*x509.Certificate) (out []*x509.Certificate) {
	for _, c := range certs {
		if !slices.ContainsFunc(out, c.Equal) {
			out = append(out, c)
		}
	}
	return out
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
	if !spki.ForMail(cert) {
		out = append(out, "the certificate is not for e-mail (its extended key usage lacks emailProtection); receivers call its signatures untrusted")
	}
	if k, ok := c.Key.(*rsa.PrivateKey); ok && (k.N.BitLen() < minRSA || k.E < 3) {
		out = append(out, fmt.Sprintf("the RSA key has %d bits and exponent %d; receivers call less than %d bits weak", k.N.BitLen(), k.E, minRSA))
	}
	return out
}
