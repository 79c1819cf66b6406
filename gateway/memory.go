package gateway

// This file remembers mail by its Message-ID, hashed, so that what answers an
// encrypted mail is known for it.

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/smime"
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

// rememberMail notes what came in.
func (m *inboundMail) rememberMail(ctx context.Context) error {
	for _, id := range m.ids {
		if err := m.rememberAs(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (m *inboundMail) rememberAs(ctx context.Context, id string) error {
	switch m.verdict.Encryption {
	case verdict.EncryptionNone:
		// What is forgotten here makes a later answer stricter, which is no reason to hold
		// up plain mail when the store fails.
		if err := m.g.rememberPlain(ctx, id); err != nil {
			m.log.Warn("plain mail is not remembered", "error", err)
		}
		return nil
	case verdict.EncryptionDecrypted:
		p := m.opened.Protected
		hidden := p != nil && p.Hidden("Subject")
		return m.g.remember(ctx, id, certstore.Memory{HiddenSubject: hidden, Writers: writerHashes(id, m.writers())})
	}
	return m.g.rememberUnread(ctx, id, m.writers())
}

// writers are whom an answer to this mail goes to: the addresses in From and Reply-To.
// Those outside can be changed on the way; protected ones (RFC 9788) count before them.
func (m *inboundMail) writers() (all []string) {
	e := m.e
	if m.verdict.HeedsProtected(m.opened) {
		e = m.opened.Protected.Entity()
	}
	for _, name := range []string{"From", "Reply-To"} {
		list, _ := verdict.Addresses(e, name)
		all = append(all, list...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// maxReplaced bounds the Message-IDs of one mail that are remembered beside ours.
const maxReplaced = 10

// identify finds the one Message-ID. An encrypted mail without one gets one, in all
// copies alike: nothing could refer to it. What it had in its place is remembered too,
// for other people's mail may refer to that.
func (m *inboundMail) identify() error {
	id := messageID(m.e)
	if id != "" {
		m.ids = []string{id}
		return nil
	}
	if m.verdict.Encryption == verdict.EncryptionNone {
		return nil
	}
	id, err := m.g.newMessageID(m.e)
	if err != nil {
		return err
	}
	m.strip = append(m.strip, withMessageID(m.e, id)...)
	replaced := messageIDs(m.e, "Message-ID")
	m.ids = append(replaced[:min(len(replaced), maxReplaced)], id)
	return nil
}

// maxMessageID is how long a Message-ID may be that helpdesks keep whole: RT has 160
// characters for it.
const maxMessageID = 160

// messageID is the Message-ID of a mail without its brackets, "" when it has not
// exactly one that every program reads as the same.
func messageID(e *smime.Entity) string {
	ids := messageIDs(e, "Message-ID")
	if len(ids) != 1 || len(e.Get("Message-ID")) != 1 || ids[0] == "" || len(ids[0]) > maxMessageID {
		return ""
	}
	if strings.ContainsFunc(ids[0], func(r rune) bool { return r <= ' ' || r > '~' || r == '<' }) {
		return ""
	}
	return ids[0]
}

// newMessageID makes one for a mail: the same when the mail comes again, so that it
// stays one mail for the helpdesk.
func (g *Gateway) newMessageID(e *smime.Entity) (string, error) {
	h := sha256.New()
	for _, name := range []string{"From", "Date", "Subject"} {
		for _, f := range e.Get(name) {
			h.Write(f.Raw)
		}
	}
	if _, err := io.Copy(h, e.Body()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x@%s", h.Sum(nil)[:16], strings.ToLower(g.o.AuthservID)), nil
}

// withMessageID puts a Message-ID in place of those that a mail has.
func withMessageID(e *smime.Entity, id string) []HeaderEdit {
	edits := deleteFields(e, func(name string) bool { return strings.EqualFold(name, "Message-ID") })
	return append(edits, HeaderEdit{Op: AppendField, Name: "Message-ID", Value: " <" + id + ">"})
}

// maxIDs bounds the Message-IDs of one field that are looked up; helpdesks cut
// References to about ten.
const maxIDs = 100

// messageIDs are the msg-ids of a field, without angle brackets. Of too many it
// is the last: References ends with what is answered (RFC 5322 §3.6.4).
func messageIDs(e *smime.Entity, name string) (ids []string) {
	for _, f := range e.Get(name) {
		ids = append(ids, messageIDsOf(f)...)
	}
	return ids[max(0, len(ids)-maxIDs):]
}

func messageIDsOf(f smime.Field) (ids []string) {
	v := f.Value()
	if !strings.Contains(v, "<") { // some programs leave the brackets out
		ids = strings.Fields(v)
	}
	for {
		_, rest, ok := strings.Cut(v, "<")
		if !ok {
			break
		}
		id, after, ok := strings.Cut(rest, ">")
		if !ok {
			break
		}
		ids = append(ids, strings.TrimSpace(id))
		if i := strings.LastIndexByte(id, '<'); i >= 0 { // in a comment or phrase before it
			ids = append(ids, strings.TrimSpace(id[i+1:]))
		}
		v = after
	}
	return ids[max(0, len(ids)-maxIDs):]
}
