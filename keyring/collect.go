package keyring

// This file gathers certificates and keys and finds out which belong together.

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sealgate/internal/spki"
	"sealgate/internal/x509cert"
	"sealgate/smime/cms"
)

// collection is what a file was found to hold.
type collection struct {
	password Password
	certs    []*x509.Certificate
	keys     []PrivateKey
	leftOut  []string
	note     string // what the file is, when there are no blocks in it
	noKey    error  // why a private key was left out
}

func (c *collection) leaveOut(where, why string) { c.leftOut = append(c.leftOut, where+why) }

// certificate adds one, or leaves it out with the reason: a good one may stand beside it.
func (c *collection) certificate(der []byte, where string) {
	cert, err := x509cert.Parse(der)
	if err != nil {
		c.leaveOut(where, fmt.Sprintf("certificate: %v", err))
		return
	}
	if !slices.ContainsFunc(c.certs, cert.Equal) { // it may have been pasted twice
		c.certs = append(c.certs, cert)
	}
}

// bundle adds the certificates of a certs-only bundle (RFC 8551 §3.8).
func (c *collection) bundle(der []byte, where string) {
	info, err := cms.Parse(bytes.NewReader(der), int64(len(der)))
	if err != nil || info.Signed == nil || len(info.Signed.Certificates) == 0 {
		c.leaveOut(where, "a CMS structure (PKCS#7) without certificates")
		return
	}
	for i, raw := range info.Signed.Certificates {
		c.certificate(raw, fmt.Sprintf("%sin the bundle, number %d, ", where, i+1))
	}
}

// withoutTrust is the certificate of a TRUSTED CERTIFICATE, which has openssl's settings
// behind it.
func withoutTrust(der []byte) []byte {
	var cert asn1.RawValue
	if _, err := asn1.Unmarshal(der, &cert); err != nil {
		return der
	}
	return cert.FullBytes
}

// addKey takes a key, or leaves out one of a kind that mail does not use.
func (c *collection) addKey(k PrivateKey, err error, where string) error {
	if errors.Is(err, errKind) {
		c.leaveOut(where, strings.TrimPrefix(err.Error(), "keyring: "))
		c.noKey = err
		return nil
	}
	if err == nil {
		c.keys = append(c.keys, k)
	}
	return err
}

// pair gives each key its certificate, found by the public key, and the other
// certificates as chain. Keys without certificate are left out beside complete ones.
func (c *collection) pair() (out []*Credential, err error) {
	used := map[*x509.Certificate]bool{}
	var alone []string
	for n, k := range c.keys {
		found := false
		for _, cert := range c.certs {
			if !belongs(k, cert) {
				continue
			}
			found = true
			if !used[cert] { // a key may have been pasted twice
				used[cert] = true
				out = append(out, &Credential{Certificate: cert, Key: k})
			}
		}
		if !found {
			alone = append(alone, fmt.Sprintf("private key %d of %d belongs to no certificate in the file", n+1, len(c.keys)))
		}
	}
	if len(out) == 0 {
		return nil, c.incomplete()
	}
	c.leftOut = append(c.leftOut, alone...)
	for _, cred := range out {
		cred.Chain, cred.Root = chainOf(cred.Certificate, c.certs, used)
	}
	return out, nil
}

// incomplete says why there is no key with its certificate.
func (c *collection) incomplete() error {
	var err error
	switch {
	case len(c.keys) == 0 && c.noKey != nil:
		return c.noKey
	case len(c.keys) == 0 && len(c.certs) == 0 && len(c.leftOut) > 0:
		err = errors.New("keyring: no private key and no certificate that can be read")
	case len(c.keys) == 0 && len(c.certs) == 0:
		return ErrEmpty
	case len(c.keys) == 0:
		err = ErrNoKey
	case len(c.certs) == 0:
		err = ErrNoCert
	default:
		err = fmt.Errorf("keyring: the private key belongs to another certificate than %q", c.certs[0].Subject.String())
	}
	if c.note != "" {
		err = fmt.Errorf("%w (%s)", err, c.note)
	}
	if len(c.leftOut) > 0 {
		err = fmt.Errorf("%w (%s)", err, strings.Join(c.leftOut, "; "))
	}
	return err
}

func belongs(k PrivateKey, c *x509.Certificate) bool {
	pub, err := spki.PublicKey(c)
	if err != nil {
		return false
	}
	own, ok := k.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && own.Equal(pub)
}

// chainOf follows the issuers among the certificates that have no key here. The
// root is apart: whoever needs it has it, so it is not sent.
func chainOf(
	leaf *x509.Certificate,
	certs []*x509.Certificate,
	used map[*x509.Certificate]bool,
) (chain []*x509.Certificate, root *x509.Certificate) {
	for at := leaf; len(chain) <= len(certs); {
		var next *x509.Certificate
		for _, c := range certs {
			if !used[c] && c != at && spki.CheckSignatureFrom(at, c) == nil {
				next = c
				break
			}
		}
		if next == nil || bytes.Equal(next.RawSubject, next.RawIssuer) {
			return chain, next
		}
		chain = append(chain, next)
		at = next
	}
	return chain, nil
}
