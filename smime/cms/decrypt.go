package cms

// This file decrypts the content of an EnvelopedData, whole and checked, or not at all.

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"slices"

	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/spool"
)

// DecryptOptions are the keys, and where the plaintext goes.
type DecryptOptions struct {
	Keys  []DecryptionKey
	Spool *spool.Spool
	// Accept judges plaintext that nothing authenticates (CBC): does it begin
	// like what was encrypted, a MIME entity? A wrong key passes the padding
	// once in 256 times. nil accepts all.
	Accept func(*spool.File) bool
	Admit  Admission // nil admits all
}

// Plaintext is the result of Decrypt; its File is the caller's to close.
type Plaintext struct {
	File *spool.File
	Keys []int // indexes of the keys that unwrap the very content key that decrypted
}

var errNoSpool = errors.New("cms: decrypt: a Spool is needed for the plaintext")

// Decrypt unwraps the content key with all RecipientInfos that name one of the
// keys, or if there is none, with those that fit one, and tries each different one on
// the content, at most 4. It is ErrNoRecipient if no RecipientInfo names a key and none
// that fits decrypts, ErrUnsupported if all that do, or the cipher, are of unknown
// algorithms, ErrTooCostly if no key could be tried within what one message may cost,
// ErrRefused if o.Admit says so, ErrDecrypt for all else that the message can cause;
// other errors are of the spool, of reading or of ctx.
func (e *EnvelopedData) Decrypt(ctx context.Context, o DecryptOptions) (*Plaintext, error) {
	if o.Spool == nil {
		return nil, errNoSpool
	}
	if e.cipher == nil {
		return nil, fmt.Errorf("%w: content encryption %s", ErrUnsupported, e.Cipher)
	}
	ctx = effort.Ensure(ctx)
	candidates, named, err := e.contentKeys(ctx, o.Keys)
	if err != nil {
		return nil, err
	}
	candidates = candidates[:min(len(candidates), maxContentKeys)]
	if err := e.admitted(ctx, candidates, o.Admit); err != nil {
		return nil, err
	}
	for _, c := range candidates {
		f, err := e.decryptWith(ctx, c.key, o)
		if err == nil {
			return &Plaintext{f, c.keys}, nil
		}
		if !errors.Is(err, ErrDecrypt) {
			return nil, err
		}
	}
	if !named {
		return nil, ErrNoRecipient // those that fit say nothing about the message
	}
	return nil, ErrDecrypt
}

// contentKeys never stops at the first: a bad RecipientInfo may stand before a
// good one, and several keys may be for the same message. named is false if none
// was named and the keys are of attempts.
func (e *EnvelopedData) contentKeys(
	ctx context.Context,
	keys []DecryptionKey,
) (list []contentKey, named bool, err error) {
	management := ""
	var all []attempt
	for i, k := range keys {
		for j := range e.Recipients {
			r := &e.Recipients[j]
			if k.Certificate == nil || !r.id.named() || !r.id.meansKey(k.Certificate) {
				continue
			}
			management = r.KeyManagement
			if r.known() {
				all = append(all, attempt{r, i})
			}
		}
	}
	named = management != ""
	if !named {
		all = e.attempts(keys)
	}
	for n, a := range all {
		err := mayUnwrap(ctx, n, keys[a.key])
		if errors.Is(err, ErrTooCostly) && len(list) > 0 {
			break
		}
		if err != nil {
			return nil, named, err
		}
		list = addKey(list, a.recipient.unwrap(keys[a.key], e.cipher.keySize), a.key)
	}
	switch {
	case len(list) > 0:
		return list, named, nil
	case named:
		return nil, named, fmt.Errorf("%w: key management %s", ErrUnsupported, management)
	}
	return nil, named, ErrNoRecipient
}

// mayUnwrap takes an operation with the key from what the message may cost.
func mayUnwrap(ctx context.Context, done int, k DecryptionKey) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if done == maxUnwraps {
		return ErrTooCostly
	}
	public, err := spki.PublicKey(k.Certificate)
	if err != nil {
		return nil // an unwrap that fails at once
	}
	return costly(effort.Spend(ctx, effort.Decryption(public)))
}

// addKey adds the key of the i-th DecryptionKey to the one that is the same.
func addKey(list []contentKey, key []byte, i int) []contentKey {
	for j := range list {
		if subtle.ConstantTimeCompare(list[j].key, key) == 1 {
			if !slices.Contains(list[j].keys, i) {
				list[j].keys = append(list[j].keys, i)
			}
			return list
		}
	}
	return append(list, contentKey{key, []int{i}})
}

// decryptWith tries one key on the whole content. Bad padding, bad MAC and
// garbage take the same path.
func (e *EnvelopedData) decryptWith(ctx context.Context, key []byte, o DecryptOptions) (*spool.File, error) {
	open, err := e.opener(key)
	if err != nil {
		return nil, ErrDecrypt // a key that the cipher does not take, such as equal thirds
	}
	f := o.Spool.Create()
	good, err := decryptContent(ctx, f, e.content.NewReader(), e.content.Size(), open)
	if err != nil {
		f.Close()
		return nil, err
	}
	accepted := e.Authenticated || o.Accept == nil || o.Accept(f)
	if !good || !accepted {
		f.Close()
		return nil, ErrDecrypt
	}
	return f, nil
}

func (e *EnvelopedData) opener(key []byte) (opener, error) {
	aad, err := e.aad()
	if err != nil {
		return nil, err
	}
	return e.cipher.mode.opener(e.cipher, openedMessage{key: key, aad: aad, mac: e.mac})
}

// decryptContent streams the content through the cipher, holding back the last
// block until it is known to be the last. total is what src has, in bytes.
func decryptContent(
	ctx context.Context,
	dst io.Writer,
	src io.Reader,
	total int64,
	open opener,
) (good bool, err error) {
	size := open.blockSize()
	chunk := streamChunk
	if total < streamChunk {
		chunk = int(total) + 1 // one more, to see the end
	}
	buf := make([]byte, size+chunk)
	held := 0     // buf[:held] is plaintext that waits
	whole := true // all parts were whole blocks
	for {
		n, err := io.ReadFull(src, buf[held:held+chunk])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return false, err
		}
		part := buf[held : held+n]
		if n%size != 0 {
			whole = false // damaged; go on as if not
			part = part[:n-n%size]
		}
		if err := open.decrypt(part); err != nil {
			return false, ErrDecrypt
		}
		plain := buf[:held+len(part)]
		if err != nil { // the last part
			tail := plain[max(0, len(plain)-size):]
			rest, ok := open.finish(tail)
			_, writeErr := dst.Write(append(plain[:len(plain)-len(tail)], rest...))
			return ok && whole, writeErr
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if _, err := dst.Write(plain[:len(plain)-size]); err != nil {
			return false, err
		}
		held = copy(buf, plain[len(plain)-size:])
	}
}
