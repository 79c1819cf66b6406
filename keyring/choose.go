package keyring

// This file chooses among the credentials of a mailbox.

import (
	"crypto/x509"
	"time"

	"sealgate/internal/spki"
	"sealgate/smime/cms"
)

// Newest is the newest credential that is valid at a time and fits; nil when there is none.
func (m *Mailbox) Newest(at time.Time, fits func(*Credential) bool) *Credential {
	var newest *Credential
	for _, c := range m.Credentials {
		if at.Before(c.Certificate.NotBefore) || at.After(c.Certificate.NotAfter) || !fits(c) {
			continue
		}
		if newest == nil || c.Certificate.NotBefore.After(newest.Certificate.NotBefore) {
			newest = c
		}
	}
	return newest
}

// MaySign reports whether the certificate is for signatures.
func (c *Credential) MaySign() bool { return spki.MaySign(c.Certificate) }

// MayEncrypt reports whether the certificate is for encryption, by a key that can be
// encrypted to.
func (c *Credential) MayEncrypt() bool { return MayEncryptTo(c.Certificate) }

// MayEncryptTo is MayEncrypt for anybody's certificate. It encrypts to try the key.
func MayEncryptTo(c *x509.Certificate) bool { return spki.MayEncrypt(c) && cms.CanEncryptTo(c) == nil }
