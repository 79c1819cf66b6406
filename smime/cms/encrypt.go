package cms

// This file writes EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083) in constant memory.

import (
	"context"
	"crypto/sha256"
	"io"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// EncryptOptions says for whom to encrypt, and how.
type EncryptOptions struct {
	Cipher     string // one of Ciphers; "" means "aes-256-cbc"
	Recipients []Recipient
	// SelfOnly allows also what no independent implementation could be tried
	// against (docs/interop.md): recipients with X25519 keys.
	SelfOnly bool
	Admit    Admission // told of the content key when all is written; its error is Encrypt's
}

// maxWrittenRecipients is what readers of this package accept.
const maxWrittenRecipients = 500

// Encrypt encrypts content, of exactly size bytes, for all recipients or none,
// and writes a ContentInfo with EnvelopedData or, for an authenticating cipher,
// AuthEnvelopedData to dst. After an error what was written to dst is not a
// message; nothing is written at all if a recipient cannot be encrypted to,
// which is a *CertificateError. When ctx ends, so does Encrypt, with its error.
func Encrypt(ctx context.Context, dst io.Writer, content io.Reader, size int64, o EncryptOptions) error {
	spec, err := o.spec(size)
	if err != nil {
		return err
	}
	if content == nil {
		return errNoContent
	}
	key := randomBytes(spec.keySize)
	defer clear(key)
	version, infos, err := recipientInfos(ctx, o.Recipients, o.SelfOnly, key)
	if err != nil {
		return err
	}
	iv := randomBytes(spec.ivSize)
	seal, err := spec.mode.sealer(spec, key, iv)
	if err != nil {
		return err
	}
	algorithm := derAlgorithm(spec.id, spec.mode.parameters(iv))
	f := frame{size: spec.encryptedSize(size)}
	f.wrap(implicit(0))
	f.before(derOID(oid.Data), algorithm)
	f.wrap(cbasn1.SEQUENCE)
	f.before(derSet(cbasn1.SET, infos...))
	contentType := oid.EnvelopedData
	if spec.mode.authenticates() {
		version = 0 // RFC 5083 §2.1
		contentType = oid.AuthEnvelopedData
		f.after(derOctets(make([]byte, spec.macSize()))) // filled in below
	}
	f.before(derInt(version))
	f.wrap(cbasn1.SEQUENCE)
	f.contentInfo(contentType)
	digest := beginDigest(algorithm, nil, spec.macSize())
	sealed := dst // where the encrypted content goes
	if o.Admit != nil {
		sealed = io.MultiWriter(dst, digest)
	}
	err = f.writeTo(dst, func() error {
		if err := encryptContent(ctx, sealed, content, size, seal); err != nil {
			return err
		}
		mac := seal.mac()
		digest.Write(mac)
		copy(f.tail[len(f.tail)-len(mac):], mac)
		return nil
	})
	if err != nil || o.Admit == nil {
		return err
	}
	return o.Admit([]ContentKey{{key}}, [sha256.Size]byte(digest.Sum(nil)))
}

// spec checks what can be checked before any work.
func (o *EncryptOptions) spec(size int64) (*cipherSpec, error) {
	if len(o.Recipients) == 0 || len(o.Recipients) > maxWrittenRecipients {
		return nil, errNoRecipients
	}
	spec, err := cipherFor(o.Cipher)
	if err != nil {
		return nil, err
	}
	return spec, spec.checkSize(size)
}

// encryptContent streams the content through the cipher.
func encryptContent(ctx context.Context, dst io.Writer, content io.Reader, size int64, seal sealer) error {
	buf := make([]byte, min(size, streamChunk), min(size, streamChunk)+maxPadding)
	for left := size; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := buf[:min(left, streamChunk)]
		if _, err := io.ReadFull(content, part); err != nil {
			return shortened(err)
		}
		left -= int64(len(part))
		if left == 0 {
			part = seal.pad(part)
		}
		if err := seal.encrypt(part); err != nil {
			return err
		}
		if _, err := dst.Write(part); err != nil {
			return err
		}
		if left == 0 {
			return atEnd(content)
		}
	}
}
