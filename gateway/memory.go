package gateway

// This file remembers mail by its Message-ID, hashed, so that what answers an
// encrypted mail is known for it.

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"sealgate/certstore"
)

// replyKey is the hash under which an encrypted mail that was read or written here is
// remembered: the store tells nobody who wrote to whom.
func replyKey(id string) [32]byte { return memoryKey("decrypted", id) }

// plainKey is that of a mail that came or left in clear.
func plainKey(id string) [32]byte { return memoryKey("plain", id) }

// unreadKey is that of a mail that could not be decrypted. Anybody can write one, so
// it counts only beside the address that it came from.
func unreadKey(id, writer string) [32]byte { return memoryKey("unread", id, writer) }

// anyUnreadKey says that there is an unreadKey for the Message-ID.
func anyUnreadKey(id string) [32]byte { return memoryKey("any unread", id) }

func memoryKey(words ...string) [32]byte { return sha256.Sum256([]byte(strings.Join(words, "\x00"))) }

// writerHash is an address as a memory keeps it: 16 octets are enough for those of one
// mail.
func writerHash(id, address string) []byte {
	h := memoryKey("writer", id, address)
	return h[:16]
}

// maxWriters bounds the addresses that one memory keeps. Those beyond it count as
// people who did not write: what they get must be encrypted.
const maxWriters = 50

// writerHashes are those of the first maxWriters addresses. There is always one:
// none is how memories from before addresses were kept look.
func writerHashes(id string, addresses []string) (hashes [][]byte) {
	for _, a := range addresses[:min(len(addresses), maxWriters)] {
		hashes = append(hashes, writerHash(id, a))
	}
	if hashes == nil {
		return [][]byte{writerHash(id, "")}
	}
	return hashes
}

// wroteHere reports whether an answer to the remembered mail goes to somebody who
// wrote it when it goes to the address.
func wroteHere(memory certstore.Memory, id, address string) bool {
	if len(memory.Writers) == 0 {
		return true // from before writers were kept
	}
	hash := writerHash(id, address)
	return slices.ContainsFunc(memory.Writers, func(w []byte) bool { return string(w) == string(hash) })
}

// remember notes an encrypted mail that was read or written here, beside what is known of
// it.
func (g *Gateway) remember(ctx context.Context, id string, m certstore.Memory) error {
	return g.o.Store.Remember(ctx, replyKey(id), m, g.o.Limits.Remember)
}

// rememberPlain notes a mail in clear: an encrypted one that cannot be read does not
// take its place.
func (g *Gateway) rememberPlain(ctx context.Context, id string) error {
	_, known, err := g.o.Store.Recall(ctx, plainKey(id))
	if err != nil || known {
		return err
	}
	return g.o.Store.Remember(ctx, plainKey(id), certstore.Memory{}, g.o.Limits.Remember)
}

// rememberUnread notes an encrypted mail that could not be decrypted.
func (g *Gateway) rememberUnread(ctx context.Context, id string, writers []string) error {
	_, plain, err := g.o.Store.Recall(ctx, plainKey(id))
	if err != nil || plain {
		return err
	}
	keys := [][32]byte{anyUnreadKey(id)}
	for _, w := range writers[:min(len(writers), maxWriters)] {
		keys = append(keys, unreadKey(id, w))
	}
	for _, key := range keys {
		if err := g.o.Store.Remember(ctx, key, certstore.Memory{}, g.o.Limits.Remember); err != nil {
			return err
		}
	}
	return nil
}
