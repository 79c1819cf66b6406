package cms

// This file is a private key of ours, as it is given to open mail.

import (
	"crypto"
	"crypto/ecdh"
	"crypto/x509"

	"sealgate/internal/spki"
)

// DecryptionKey is a private key with its certificate, by which RecipientInfos name it.
type DecryptionKey struct {
	Certificate *x509.Certificate
	// Key is a crypto.Decrypter for RSA; *ecdsa.PrivateKey, *ecdh.PrivateKey or
	// another with ECDH(*ecdh.PublicKey) ([]byte, error) for EC and X25519; for brainpool
	// curves (RFC 5639), which crypto/ecdh has not, one with
	// ECDH(*ecdsa.PublicKey) ([]byte, error).
	Key crypto.PrivateKey
}

func (k DecryptionKey) isX25519() bool {
	public, err := spki.PublicKey(k.Certificate)
	if err != nil {
		return false
	}
	_, ok := public.(*ecdh.PublicKey)
	return ok
}
