// Package testpki makes throwaway certificate authorities and certificates for
// tests and for the demonstration: nothing of it is for use.
package testpki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"sealgate/internal/brainpool"
	"sealgate/internal/x509cert"
)

// Options describes one certificate. The zero value of each field is what a
// mail certificate usually has.
type Options struct {
	Name         string     // common name; "" is the first address, or "Test CA"
	DN           *pkix.Name // the whole subject, in place of Name and Subject
	Addresses    []string   // rfc822Name in the SAN
	Subject      []string   // emailAddress in the subject
	SmtpUTF8     []string   // SmtpUTF8Mailbox in the SAN (RFC 9598)
	Key          string     // kind: see keyFor; "" is "p256"
	CA           bool
	MaxPath      int // for a CA: 0 means no limit, -1 means zero
	Usage        x509.KeyUsage
	EKU          []x509.ExtKeyUsage // nil: emailProtection
	NoEKU        bool
	NotBefore    time.Time // default: an hour ago; for a CA ten years
	NotAfter     time.Time // default: in 90 days; for a CA ten years
	Permitted    []string  // a CA's rfc822 name constraints
	Excluded     []string
	CRL          []string // distribution points
	OCSP         []string
	AIA          []string // where the issuer's certificate lies
	Signature    x509.SignatureAlgorithm
	Extra        []pkix.Extension
	ReuseKeyFrom *Cert // certify this key instead of a new one
}

// Cert is a certificate with its key.
type Cert struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Issuer      *Cert // nil for a root

	keys *rsaTurn // which RSA key the next certificate below the same root gets
}

// NewRoot makes a self-signed CA.
func NewRoot(o Options) (*Cert, error) {
	return newRoot(o, everybody)
}

func newRoot(o Options, keys *rsaTurn) (*Cert, error) {
	o.CA = true
	return issue(nil, o, keys)
}

// Issue makes a certificate signed by c; c need not be a CA, for tests of what
// must be refused.
func (c *Cert) Issue(o Options) (*Cert, error) { return issue(c, o, c.keys) }

// Chain is the certificates above c, the root last.
func (c *Cert) Chain() (chain []*x509.Certificate) {
	for i := c.Issuer; i != nil; i = i.Issuer {
		chain = append(chain, i.Certificate)
	}
	return chain
}

func issue(by *Cert, o Options, keys *rsaTurn) (*Cert, error) {
	key, err := keyFor(o, keys)
	if err != nil {
		return nil, err
	}
	t, err := template(o)
	if err != nil {
		return nil, err
	}
	parent := t
	signer := key
	if by != nil {
		parent = by.Certificate
		signer = by.Key
	}
	der, err := create(t, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("testpki: %w", err)
	}
	cert, err := x509cert.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("testpki: %w", err)
	}
	return &Cert{Certificate: cert, Key: key, Issuer: by, keys: keys}, nil
}

// keyFor makes a key: "p256", "p384", "p521", "ed25519", "brainpoolP256r1" and its longer
// brothers, "rsa-2048" or of another length.
func keyFor(o Options, keys *rsaTurn) (crypto.Signer, error) {
	if o.ReuseKeyFrom != nil {
		return o.ReuseKeyFrom.Key, nil
	}
	switch o.Key {
	case "", "p256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "p521":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "ed25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case "brainpoolP256r1":
		return brainpool.GenerateKey(brainpool.P256r1())
	case "brainpoolP384r1":
		return brainpool.GenerateKey(brainpool.P384r1())
	case "brainpoolP512r1":
		return brainpool.GenerateKey(brainpool.P512r1())
	}
	var bits int
	if _, err := fmt.Sscanf(o.Key, "rsa-%d", &bits); err != nil {
		return nil, fmt.Errorf("testpki: no key type %q", o.Key)
	}
	return keys.key(bits)
}

func template(o Options) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: subject(o), EmailAddresses: o.Addresses,
		NotBefore: o.NotBefore, NotAfter: o.NotAfter, KeyUsage: o.Usage, ExtKeyUsage: o.EKU,
		CRLDistributionPoints: o.CRL, OCSPServer: o.OCSP, IssuingCertificateURL: o.AIA,
		PermittedEmailAddresses: o.Permitted, ExcludedEmailAddresses: o.Excluded,
		SignatureAlgorithm: o.Signature, ExtraExtensions: o.Extra, BasicConstraintsValid: true,
	}
	before := -time.Hour
	after := 90 * 24 * time.Hour
	if o.CA { // it was there before what it issued, even if that has expired
		before = -10 * 365 * 24 * time.Hour
		after = 10 * 365 * 24 * time.Hour
	}
	if t.NotBefore.IsZero() {
		t.NotBefore = time.Now().Add(before)
	}
	if t.NotAfter.IsZero() {
		t.NotAfter = time.Now().Add(after)
	}
	if o.CA {
		asAuthority(t, o)
	} else {
		asLeaf(t, o)
	}
	if len(o.SmtpUTF8) > 0 {
		ext, err := smtpUTF8(o)
		if err != nil {
			return nil, err
		}
		t.EmailAddresses = nil
		t.ExtraExtensions = append(t.ExtraExtensions, ext)
	}
	return t, nil
}

func asAuthority(t *x509.Certificate, o Options) {
	t.IsCA = true
	if o.Usage == 0 {
		t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
	switch {
	case o.MaxPath > 0:
		t.MaxPathLen = o.MaxPath
	case o.MaxPath < 0:
		t.MaxPathLenZero = true
	}
}

func asLeaf(t *x509.Certificate, o Options) {
	if o.Usage == 0 {
		t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
		if o.Key == "" || o.Key[0] == 'p' || o.Key[0] == 'b' {
			t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
		}
	}
	if o.EKU == nil && !o.NoEKU {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	}
}

var (
	oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidSAN          = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSmtpUTF8     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 9}
)

func subject(o Options) pkix.Name {
	if o.DN != nil {
		return *o.DN
	}
	n := pkix.Name{CommonName: o.Name}
	switch {
	case o.Name != "":
	case len(o.Addresses) > 0:
		n.CommonName = o.Addresses[0]
	case o.CA:
		n.CommonName = "Test CA"
	}
	for _, a := range o.Subject {
		n.ExtraNames = append(n.ExtraNames, pkix.AttributeTypeAndValue{
			Type:  oidEmailAddress,
			Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(a)},
		})
	}
	return n
}

// smtpUTF8 is a SAN with rfc822Name and SmtpUTF8Mailbox entries.
func smtpUTF8(o Options) (pkix.Extension, error) {
	var names []asn1.RawValue
	for _, a := range o.Addresses {
		names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, Bytes: []byte(a)})
	}
	for _, a := range o.SmtpUTF8 {
		id, err := asn1.Marshal(oidSmtpUTF8)
		if err != nil {
			return pkix.Extension{}, err
		}
		value, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(a)})
		if err != nil {
			return pkix.Extension{}, err
		}
		explicit, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: value})
		if err != nil {
			return pkix.Extension{}, err
		}
		names = append(names, asn1.RawValue{
			Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true,
			Bytes: append(id, explicit...),
		})
	}
	der, err := asn1.Marshal(names)
	return pkix.Extension{Id: oidSAN, Value: der}, err
}
