package keyring

// This file chooses among the credentials of a mailbox.

import (
	"crypto"
	"crypto/x509"
	"time"

	"sealgate/internal/spki"
	"sealgate/smime/cms"
)

// Newest is the newest credential that is valid at a time and fits; nil when there is none.
func (m *Mailbox) Newest(at time.Time, fits func(*Credential) bool) *Credential {
	var newest *Credential
	for _, c := range m.Credentials {
		isOlder := newest != nil && !c.Certificate.NotBefore.After(newest.Certificate.NotBefore)
		if isOlder || at.Before(c.Certificate.NotBefore) || at.After(c.Certificate.NotAfter) {
			continue
		}
		if fits(c) { // it may cost an operation with a key
			newest = c
		}
	}
	return newest
}

// Signer is the key if it signs, else nil.
func (c *Credential) Signer() crypto.Signer {
	s, ok := c.Key.(crypto.Signer)
	if !ok || !cms.IsSigningKey(c.Certificate) {
		return nil
	}
	return s
}

// MaySign reports whether the certificate is for signatures, by a key that signs.
func (c *Credential) MaySign() bool { return spki.MaySign(c.Certificate) && c.Signer() != nil }

// MayEncrypt reports whether the certificate is for encryption, by a key that can be
// encrypted to.
func (c *Credential) MayEncrypt() bool { return MayEncryptTo(c.Certificate) }

// MayDecrypt reports whether others may encrypt to the certificate in a way that is opened
// with its key. That is more than MayEncrypt: to X25519 nothing is encrypted here.
func (c *Credential) MayDecrypt() bool {
	return spki.MayEncrypt(c.Certificate) && cms.CanDecrypt(c.Certificate) == nil
}

// MayEncryptTo is MayEncrypt for anybody's certificate. It encrypts to try the key.
func MayEncryptTo(c *x509.Certificate) bool { return spki.MayEncrypt(c) && cms.CanEncryptTo(c) == nil }
