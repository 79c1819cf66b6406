package gateway

// This file signs and encrypts the copies of an outbound mail.

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"sealgate/gateway/lookup"
	"sealgate/keyring"
	"sealgate/smime"
	"sealgate/smime/cms"
)

// admit remembers what we encrypt ourselves, for whomever: one of the readers may have a key of
// ours (its mailbox, its domain, the archive), and whoever sees it can send it there.
func (m *outboundMail) admit(ctx context.Context) cms.Admission {
	return func(keys []cms.ContentKey, content [sha256.Size]byte) error {
		why, err := m.g.bindContent(ctx, m.e, m.g.o.Store.BindContent, keys, content)
		if why != "" {
			m.log.Warn("who sends this mail back to its mailbox will have it opened", "cause", withheldCauses[why])
		}
		return err
	}
}

// dateSlack is how far Date may be off before signing-time is left out: readers
// call a signature invalid when the two differ.
const dateSlack = 30 * time.Minute

// sign signs with the plan's credential, if there is one.
func (m *outboundMail) sign(ctx context.Context, content *smime.Entity, p *plan) (*smime.Entity, error) {
	c := p.credential
	if c == nil {
		return content, nil
	}
	s := cms.Signer{
		Certificate:  c.Certificate,
		Key:          c.Signer(),
		Digest:       m.digest(c),
		PSS:          m.how.PSS && cms.IsRSA(c.Certificate),
		SigningTime:  m.signingTime(),
		Capabilities: cms.OwnCapabilities(),
	}
	if m.box != nil && !p.forDomain { // a domain's signature proves nobody's certificate
		if own := m.g.ownEncryption(m.box); own != nil {
			s.EncryptionCertificate = own.Certificate
		}
	}
	return smime.Sign(
		ctx,
		content,
		smime.SignOptions{Signer: s, Chain: c.Chain, Opaque: m.how.Opaque || m.g.o.Outbound.Opaque, Spool: m.g.o.Spool},
	)
}

func (m *outboundMail) signingTime() time.Time {
	now := m.g.o.Now()
	if d, err := m.e.Date(); err != nil || now.Sub(d).Abs() > dateSlack {
		return time.Time{}
	}
	return now
}

// digest is the hash that fits the key (RFC 5753 §2.1.1, RFC 8419 §3).
func (m *outboundMail) digest(c *keyring.Credential) crypto.Hash {
	switch k := c.Key.Public().(type) {
	case ed25519.PublicKey:
		return crypto.SHA512
	case *ecdsa.PublicKey:
		if k.Params().BitSize > 384 {
			return crypto.SHA512
		}
		if k.Params().BitSize > 256 {
			return crypto.SHA384
		}
	}
	if m.g.o.Outbound.Digest != 0 {
		return m.g.o.Outbound.Digest
	}
	return crypto.SHA256
}

// encrypt encrypts for a group, for the mailbox itself and for the archive.
func (m *outboundMail) encrypt(ctx context.Context, g group, content *smime.Entity) (*smime.Entity, error) {
	var to []cms.Recipient
	add := func(c *x509.Certificate, oaep bool) {
		if !slices.ContainsFunc(to, func(r cms.Recipient) bool { return r.Certificate.Equal(c) }) {
			to = append(to, cms.Recipient{Certificate: c, OAEP: oaep && cms.IsRSA(c)})
		}
	}
	for _, r := range g.encrypt {
		add(r.Certificate, m.how.OAEP || cms.HasCapability(r.Capabilities, "rsa-oaep"))
	}
	if g.self != nil {
		add(g.self, m.how.OAEP)
	}
	for _, c := range g.archive {
		add(c, m.how.OAEP)
	}
	return smime.Encrypt(
		ctx,
		content,
		smime.EncryptOptions{Cipher: m.cipher(g), Recipients: to, Spool: m.g.o.Spool, Admit: m.admit(ctx)},
	)
}

// cipher is AES-256-GCM only when every recipient says that it reads it: what
// cannot is shown as an empty window.
func (m *outboundMail) cipher(g group) string {
	if m.how.Cipher != "" {
		return m.how.Cipher
	}
	for _, r := range g.encrypt {
		if c := r.Cipher(); c != lookup.GCM {
			return c
		}
	}
	return lookup.GCM
}
