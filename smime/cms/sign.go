package cms

// This file writes SignedData (RFC 5652 §5), detached or with its content, in constant memory.

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"slices"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"sealgate/smime/cms/internal/oid"
)

// SignOptions says who signs, and how.
type SignOptions struct {
	Signers  []Signer
	Detached bool // the content is not in the result
	// Certificates go along, for instance the chain. Self-issued ones (roots)
	// are left out, those of the signers are added.
	Certificates []*x509.Certificate
}

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

// bag returns the certificates that go along, each once: the signers', those
// that they want to be encrypted to, and the chain without roots, which a
// receiver must have anyway or not trust.
func bag(o SignOptions) (raw [][]byte) {
	for _, s := range o.Signers {
		raw = appendNew(raw, s.Certificate.Raw)
		if s.EncryptionCertificate != nil {
			raw = appendNew(raw, s.EncryptionCertificate.Raw)
		}
	}
	for _, c := range o.Certificates {
		if !bytes.Equal(c.RawSubject, c.RawIssuer) {
			raw = appendNew(raw, c.Raw)
		}
	}
	return raw
}

func appendNew(list [][]byte, b []byte) [][]byte {
	if slices.ContainsFunc(list, func(have []byte) bool { return bytes.Equal(have, b) }) {
		return list
	}
	return append(list, b)
}
