package lookup

// This file is a certificate that can be encrypted to, and what its owner reads.

import (
	"crypto/x509"

	"sealgate/certstore"
	"sealgate/smime/cms"
)

// Certificate is one that can be used for an address, and what its owner can read.
type Certificate struct {
	*x509.Certificate
	Address      string // in normal form
	Source       certstore.Source
	Capabilities []cms.Capability
}

// The ciphers that are chosen between. Everybody reads CBC; what cannot read GCM shows an
// empty window.
const (
	GCM = "aes-256-gcm"
	cbc = "aes-256-cbc"
)

// Cipher is the best cipher that its owner says to read.
func (c *Certificate) Cipher() string {
	if cms.HasCapability(c.Capabilities, GCM) {
		return GCM
	}
	return cbc
}
