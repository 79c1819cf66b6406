// Sign: SignedData (RFC 5652 §5), detached or with its content, in constant memory.

package cms

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// Signer is one who signs, and what the signature says of itself.
type Signer struct {
	Certificate *x509.Certificate
	Key         crypto.Signer // RSA of 2048 bits or more, ECDSA on P-256, P-384 or P-521, or Ed25519
	// Digest is one of SHA-256, SHA-384, SHA-512 and their SHA-3 kin; zero
	// means the one that fits the key. Ed25519 always takes SHA-512 (RFC 8419 §3).
	Digest crypto.Hash
	// PSS asks for RSASSA-PSS (RFC 4056) instead of PKCS #1 v1.5. A
	// certificate whose key is for PSS only implies it.
	PSS bool

	SigningTime           time.Time         // zero: not said
	Capabilities          []Capability      // nil: not said
	EncryptionCertificate *x509.Certificate // smimeEncryptionKeyPreference; nil: not said
}

// SignOptions says who signs, and how.
type SignOptions struct {
	Signers  []Signer
	Detached bool // the content is not in the result
	// Certificates go along, for instance the chain. Self-issued ones (roots)
	// are left out, those of the signers are added.
	Certificates []*x509.Certificate
}

// CertificateError says which certificate something cannot be done with.
type CertificateError struct {
	Certificate *x509.Certificate
	Err         error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf(
		"cms: certificate of %q, serial %x: %v",
		nameString(e.Certificate.RawSubject),
		e.Certificate.SerialNumber,
		e.Err,
	)
}

func (e *CertificateError) Unwrap() error { return e.Err }

var (
	errNoSigners = errors.New("cms: sign: 1 to 16 signers are needed, each with certificate and key")
	errSignKey   = errors.New(
		"this kind of key cannot sign mail; use RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519",
	)
	errWrongKey   = errors.New("the private key does not belong to it")
	errSignDigest = errors.New("this digest is not used for signing; use SHA-256, SHA-384, SHA-512 or SHA-3")
	errPSSOnly    = errors.New("a key other than RSA cannot make a PSS signature")
	errShort      = errors.New("cms: the content is shorter than its stated size")
	errLong       = errors.New("cms: the content is longer than its stated size")
)

// Sign signs content, of size bytes, and writes a ContentInfo with SignedData
// to dst. The content is read once to be hashed and, unless detached, once more
// to be copied. When ctx ends, so does Sign, with its error. After an error what
// was written to dst is not a message.
func Sign(ctx context.Context, dst io.Writer, content io.ReaderAt, size int64, o SignOptions) error {
	if len(o.Signers) == 0 || len(o.Signers) > maxWrittenSigners {
		return errNoSigners
	}
	if content == nil {
		return errNoContent
	}
	signers, err := prepareSigners(o.Signers)
	if err != nil {
		return err
	}
	if err := hashContent(ctx, signers, content, size); err != nil {
		return err
	}
	var algorithms, infos [][]byte
	for _, s := range signers {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := s.signerInfo()
		if err != nil {
			return err
		}
		infos = append(infos, info)
		algorithms = appendNew(algorithms, derAlgorithm(s.digest.id))
	}
	f := frame{}
	if !o.Detached {
		f.size = size
		f.wrap(cbasn1.OCTET_STRING)
		f.wrap(explicit(0))
	}
	f.before(derOID(oid.Data))
	f.wrap(cbasn1.SEQUENCE)
	f.before(derInt(1), derSet(cbasn1.SET, algorithms...)) // version 1: RFC 5652 §5.1
	f.after(derSet(explicit(0), bag(o)...), derSet(cbasn1.SET, infos...))
	f.wrap(cbasn1.SEQUENCE)
	f.contentInfo(oid.SignedData)
	return f.writeTo(dst, func() error {
		if o.Detached {
			return nil
		}
		return copyContent(ctx, dst, content, size)
	})
}

// maxWrittenSigners is what readers of this package accept.
const maxWrittenSigners = 16

// hashContent hashes the content for all signers in one pass.
func hashContent(ctx context.Context, signers []*preparedSigner, content io.ReaderAt, size int64) error {
	var writers []io.Writer
	for _, s := range signers {
		writers = append(writers, s.hash)
	}
	dst := io.MultiWriter(writers...)
	if len(writers) == 1 {
		dst = writers[0]
	}
	return copyContent(ctx, dst, content, size)
}

// copyContent writes the first size bytes of content, which must have them.
func copyContent(ctx context.Context, dst io.Writer, content io.ReaderAt, size int64) error {
	if size < 0 {
		return errNegative
	}
	buf := make([]byte, min(size, streamChunk))
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := content.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if n == 0 && err == io.EOF {
			return errShort
		}
		if n == 0 && err != nil {
			return err
		}
		if _, err := dst.Write(buf[:n]); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}
