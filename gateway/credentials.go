package gateway

// This file chooses the keys of a mailbox, and says what can be done with an address.

import (
	"context"
	"slices"

	"sealgate/keyring"
	"sealgate/trust"
)

// signerFor is the newest valid credential of the mailbox that names the address.
func (g *Gateway) signerFor(box *keyring.Mailbox, from string) *keyring.Credential {
	return box.Newest(g.o.Now(), func(c *keyring.Credential) bool {
		return c.MaySign() && slices.Contains(trust.Addresses(c.Certificate), from)
	})
}

// anySigner is the newest valid credential of the mailbox, whatever address it names.
func (g *Gateway) anySigner(box *keyring.Mailbox) *keyring.Credential {
	return box.Newest(g.o.Now(), (*keyring.Credential).MaySign)
}

// ownEncryption is the newest valid credential of the mailbox that can be encrypted to.
func (g *Gateway) ownEncryption(box *keyring.Mailbox) *keyring.Credential {
	return box.Newest(g.o.Now(), (*keyring.Credential).MayEncrypt)
}

// canSign reports whether mail of the mailbox can be signed now.
func (g *Gateway) canSign(box *keyring.Mailbox) bool {
	return slices.ContainsFunc(box.Addresses, func(a string) bool { return g.signerFor(box, a) != nil })
}

// canEncryptTo reports whether a mail to all these addresses, in normal form, can be
// encrypted now.
func (g *Gateway) canEncryptTo(ctx context.Context, addresses ...string) bool {
	for _, r := range g.finder.Find(ctx, addresses...) {
		if r.Best == nil {
			return false
		}
	}
	return true
}
