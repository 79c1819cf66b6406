package cms

// This file asks whoever calls Decrypt before a content key is tried, and tells him what it is
// to be tried on.

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
)

// ErrRefused says that an Admission does not let the content be decrypted.
var ErrRefused = errors.New("cms: the content may not be decrypted")

// ContentKey is a content-encryption key that is about to be tried. Whether it is the
// message's own or stands in for one that cannot be unwrapped (RFC 3218 §2.3.2) cannot
// be told.
type ContentKey struct{ key []byte }

// MAC returns the HMAC-SHA-256 of the key under a secret: what can be kept of it.
func (k ContentKey) MAC(secret []byte) (mac [sha256.Size]byte) {
	h := hmac.New(sha256.New, secret)
	h.Write(k.key)
	h.Sum(mac[:0])
	return mac
}

// contentKey is a candidate, with the indexes of the keys that gave it.
type contentKey struct {
	key  []byte
	keys []int
}

// Admission is asked once for an encrypted layer, before anything of it is decrypted,
// or when it has been encrypted.
// It gets all content keys that would be tried, 1 to 4, and the SHA-256 over all that
// decides what they make of it: the content-encryption algorithm with its parameters,
// the encrypted content, authenticated attributes and mac. RecipientInfos are left
// out, as copies for Bcc differ there. An error that is ErrRefused is the message's
// fault, any other one is ours.
type Admission func(keys []ContentKey, content [sha256.Size]byte) error

// admitted asks the Admission, if there is one.
func (e *EnvelopedData) admitted(ctx context.Context, candidates []contentKey, admit Admission) error {
	if admit == nil {
		return nil
	}
	content, err := e.contentDigest(ctx)
	if err != nil {
		return err
	}
	keys := make([]ContentKey, len(candidates))
	for i, c := range candidates {
		keys[i] = ContentKey{c.key}
	}
	return admit(keys, content)
}

// contentDigest is what an Admission is told of the content.
func (e *EnvelopedData) contentDigest(ctx context.Context) (digest [sha256.Size]byte, err error) {
	aad, err := e.aad()
	if err != nil {
		return digest, ErrDecrypt // as with every key
	}
	h := beginDigest(e.algorithm, aad, len(e.mac))
	if err := hashEncrypted(ctx, h, e.content); err != nil {
		return digest, err
	}
	h.Write(e.mac)
	h.Sum(digest[:0])
	return digest, nil
}

// beginDigest begins a digest, which the encrypted content and the mac end. The lengths
// keep one piece from being read as part of another.
func beginDigest(algorithm, aad []byte, macSize int) hash.Hash {
	h := sha256.New()
	for _, piece := range [][]byte{algorithm, aad} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(piece))))
		h.Write(piece)
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(macSize)))
	return h
}

// hashEncrypted reads the content once, in constant memory.
func hashEncrypted(ctx context.Context, h hash.Hash, c *Content) error {
	src := c.NewReader()
	buf := make([]byte, min(c.Size()+1, int64(streamChunk))) // one more, to see the end
	for {
		n, err := io.ReadFull(src, buf)
		h.Write(buf[:n])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
