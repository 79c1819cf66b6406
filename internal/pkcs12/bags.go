package pkcs12

// This file reads the bags in a file's safes.

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"sealgate/internal/pbe"
)

// safeBag is RFC 7292 §4.2. Its attributes (names for people) are not read.
type safeBag struct {
	Type       asn1.ObjectIdentifier
	Value      asn1.RawValue // [0] EXPLICIT
	Attributes asn1.RawValue `asn1:"optional,set"`
}

// Types of bags (RFC 7292 appendix D).
const (
	keyBag          = "1.2.840.113549.1.12.10.1.1"
	shroudedKeyBag  = "1.2.840.113549.1.12.10.1.2"
	certBag         = "1.2.840.113549.1.12.10.1.3"
	crlBag          = "1.2.840.113549.1.12.10.1.4"
	secretBag       = "1.2.840.113549.1.12.10.1.5"
	safeContentsBag = "1.2.840.113549.1.12.10.1.6"
)

var idX509Certificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}

// encryptedKey is EncryptedPrivateKeyInfo (RFC 5958 §3).
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// collector gathers what the bags hold.
type collector struct {
	opener    *pbe.Opener
	found     Contents
	bags      int
	decrypted bool // something was, with the password
}

// isSequence accepts a plaintext that is one value.
func isSequence(plain []byte) bool {
	der, err := toDER(plain)
	return err == nil && len(der) > 0 && der[0] == 0x30
}

func (c *collector) safes(list []safe) error {
	for i, s := range list {
		part := fmt.Sprintf("its safe %d of %d", i+1, len(list))
		data := s.data
		if s.algorithm != nil {
			var err error
			data, err = c.opener.Decrypt(*s.algorithm, data, isSequence)
			if err != nil {
				return explained(err, part)
			}
			c.decrypted = true
		}
		if err := c.contents(data, part, 1); err != nil {
			return err
		}
	}
	return nil
}

// contents reads SafeContents.
func (c *collector) contents(data []byte, part string, depth int) error {
	der, err := toDER(data)
	if err != nil || depth > maxNested {
		return damaged(part)
	}
	var bags []safeBag
	if !unmarshal(der, &bags) {
		return damaged(part)
	}
	if c.bags += len(bags); c.bags > maxBags {
		return fmt.Errorf("pkcs12: more than %d keys and certificates", maxBags)
	}
	for _, b := range bags {
		if err := c.bag(b, part, depth); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) bag(b safeBag, part string, depth int) error {
	switch b.Type.String() {
	case keyBag:
		c.found.Keys = append(c.found.Keys, b.Value.Bytes)
	case shroudedKeyBag:
		return c.shroudedKey(b.Value.Bytes)
	case certBag:
		return c.certificate(b.Value.Bytes, part)
	case safeContentsBag:
		return c.contents(b.Value.Bytes, part, depth+1)
	case crlBag:
		c.leaveOut("a revocation list")
	case secretBag:
		c.leaveOut("a secret that is no private key")
	default:
		c.leaveOut("a bag of type " + b.Type.String())
	}
	return nil
}

func (c *collector) leaveOut(what string) { c.found.LeftOut = append(c.found.LeftOut, what) }

func (c *collector) shroudedKey(der []byte) error {
	const part = "its private key"
	var k encryptedKey
	if !unmarshal(der, &k) {
		return damaged(part)
	}
	plain, err := c.opener.Decrypt(k.Algorithm, k.Data, isSequence)
	if err != nil {
		return explained(err, part)
	}
	plain, err = toDER(plain)
	if err != nil {
		return damaged(part)
	}
	c.decrypted = true
	c.found.Keys = append(c.found.Keys, plain)
	return nil
}

func (c *collector) certificate(der []byte, part string) error {
	var bag struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue // [0] EXPLICIT
	}
	if !unmarshal(der, &bag) {
		return damaged(part)
	}
	if !bag.Type.Equal(idX509Certificate) {
		c.leaveOut("a certificate of another kind than X.509")
		return nil
	}
	var raw []byte
	if !unmarshal(bag.Value.Bytes, &raw) {
		return damaged(part)
	}
	c.found.Certificates = append(c.found.Certificates, raw)
	return nil
}
