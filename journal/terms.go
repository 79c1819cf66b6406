package journal

// This file makes the terms by which a record is found: keyed hashes, so that the index tells
// nobody who wrote to whom.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
	"sync"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/address"
)

// hashes makes terms with the store's secret.
type hashes struct {
	mu  sync.Mutex
	mac hash.Hash // guarded by mu
}

func newHashes(secret [32]byte) *hashes { return &hashes{mac: hmac.New(sha256.New, secret[:])} }

// term is of a word of one kind. The secret hashes other things too (package certstore): none of
// them begins like this.
func (h *hashes) term(kind, word string) certstore.Term {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mac.Reset()
	h.mac.Write([]byte("journal " + kind + "\x00" + word))
	return certstore.Term(h.mac.Sum(nil))
}

// address is the term of an address, or of the name of a user, however it is written.
func (h *hashes) address(s string) certstore.Term {
	normal, err := address.Normalize(strings.Trim(s, "<>"))
	if err != nil {
		normal = strings.ToLower(s)
	}
	return h.term("address", normal)
}

func (h *hashes) messageID(s string) certstore.Term {
	return h.term("message-id", strings.Trim(s, "<> "))
}

func (h *hashes) queueID(s string) certstore.Term { return h.term("queue-id", s) }

func (h *hashes) verdict(s string) certstore.Term { return h.term("verdict", s) }

// isChange is the term of every change.
func (h *hashes) isChange() certstore.Term { return h.term("change", "") }

func (h *hashes) fingerprint(s string) certstore.Term { return h.term("fingerprint", s) }

// terms are all by which a message is found.
func (h *hashes) terms(e *gateway.Entry) []certstore.Term {
	var list []certstore.Term
	known := map[certstore.Term]bool{}
	add := func(term func(string) certstore.Term, words ...string) {
		for _, w := range words {
			if w == "" {
				continue
			}
			t := term(w)
			if !known[t] && len(list) < certstore.MaxJournalTerms {
				known[t] = true
				list = append(list, t)
			}
		}
	}
	add(h.queueID, e.QueueID)
	add(h.messageID, e.MessageID)
	add(h.verdict, string(e.Result), string(e.Signature), string(e.Encryption))
	add(h.address, e.User, e.EnvelopeFrom)
	add(h.address, e.From...)
	add(h.address, e.EnvelopeTo...)
	for _, s := range e.Signers {
		add(h.address, s.Address)
	}
	for _, r := range e.EncryptedFor {
		add(h.address, r.Address)
	}
	for _, text := range append([]string{e.Reason, e.Closed, e.Text}, e.Named...) {
		add(h.address, addressesIn(text)...)
	}
	return list
}

// hashOf is how a hashed word is written.
func hashOf(s string, term func(string) certstore.Term) string {
	if s == "" {
		return ""
	}
	t := term(s)
	return hex.EncodeToString(t[:])
}

// addressesIn are the words of a text that look like addresses.
func addressesIn(text string) (list []string) {
	if !strings.Contains(text, "@") {
		return nil
	}
	apart := func(r rune) bool { return strings.ContainsRune(" \t\"'<>()[]{},;:=", r) }
	for _, word := range strings.FieldsFunc(text, apart) {
		if strings.Contains(word, "@") {
			list = append(list, strings.TrimRight(word, "."))
		}
	}
	return list
}
