package smime

// This file makes enveloped and authenticated-enveloped entities (RFC 8551 §3.3, §3.4).

import (
	"context"
	"io"

	"sealgate/smime/cms"
	"sealgate/spool"
)

// EncryptOptions says for whom to encrypt, and how.
type EncryptOptions struct {
	Cipher     string // one of [cms.Ciphers]; "" is "aes-256-cbc"
	Recipients []cms.Recipient
	Spool      *spool.Spool
	// SelfOnly allows what no other implementation could be tried against, as in
	// cms.EncryptOptions.
	SelfOnly bool
	Admit    cms.Admission // as in cms.EncryptOptions
}

// Encrypt encrypts content for all recipients or none. The result is an entity
// whose fields are only Content-*, to be put under the header of the message. When
// ctx ends, so does Encrypt, with its error.
func Encrypt(ctx context.Context, content *Entity, o EncryptOptions) (*Entity, error) {
	if err := needs(content, o.Spool); err != nil {
		return nil, err
	}
	return seal(o.Spool.CreatePublic(), smimeType(o.Cipher), "smime.p7m", func(dst io.Writer) error {
		return cms.Encrypt(ctx, dst, content.Section(), content.Size(), cms.EncryptOptions{
			Cipher:     o.Cipher,
			Recipients: o.Recipients,
			SelfOnly:   o.SelfOnly,
			Admit:      o.Admit,
		})
	})
}

// smimeType is the parameter for the structure that the cipher is written in
// (RFC 8551 §3.2.2).
func smimeType(cipher string) string {
	if cms.IsAuthenticated(cipher) {
		return "authEnveloped-data"
	}
	return "enveloped-data"
}
