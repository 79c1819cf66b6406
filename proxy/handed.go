package proxy

// This file remembers who has got a message whose sender was told to try again, so that
// they do not get it twice.

import (
	"bytes"
	"crypto/sha256"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"sealgate/gateway"
	"sealgate/smime"
	"sealgate/spool"
)

// Bounds of what is remembered: as long as Postfix tries (maximal_queue_lifetime), and
// under 1 MiB in all. What does not fit comes twice.
const (
	handedTime = 5 * 24 * time.Hour
	maxHanded  = 10000
)

// handed is what a client remembers. Its zero value is empty.
type handed struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]time.Time // a message to a recipient → when it was handed over; guarded by mu
}

// sameMail are the fields that one mail has at each attempt. What servers on the way add
// (Received, and their like) differs.
var sameMail = []string{"Message-ID", "Date", "From", "Subject"}

// identity is what a mail is known by at its next attempt; false when it cannot be told. The mail is read
// when somebody asks, and once.
type identity func() (id [sha256.Size]byte, ok bool)

func identityOf(from string, msg *spool.File) identity {
	return sync.OnceValues(func() ([sha256.Size]byte, bool) { return identify(from, msg) })
}

func identify(from string, msg *spool.File) (id [sha256.Size]byte, ok bool) {
	e, err := smime.ParseEntity(msg, msg.Size())
	if err != nil || len(e.Get("Message-ID")) == 0 {
		return id, false
	}
	h := sha256.New()
	_, _ = io.WriteString(h, from+"\x00") // a hash takes everything
	for _, name := range sameMail {
		for _, f := range e.Get(name) {
			h.Write(f.Raw)
		}
	}
	h.Write([]byte{0})
	if _, err := io.Copy(h, e.Body()); err != nil {
		return id, false
	}
	return [sha256.Size]byte(h.Sum(nil)), true
}

// key is a mail to one recipient.
func key(id [sha256.Size]byte, to string) [sha256.Size]byte {
	return sha256.Sum256(append(bytes.Clone(id[:]), to...))
}

// without leaves those out who have got the mail at an earlier attempt.
func (h *handed) without(mail identity, copies []gateway.Delivery) (left []gateway.Delivery, some bool) {
	if h.isEmpty() {
		return copies, false // the rule: nothing is read
	}
	id, ok := mail()
	if !ok {
		return copies, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range copies {
		c.To = slices.DeleteFunc(slices.Clone(c.To), func(to string) bool {
			at, seen := h.seen[key(id, to)]
			got := seen && time.Since(at) < handedTime
			some = some || got
			return got
		})
		if len(c.To) > 0 {
			left = append(left, c)
		}
	}
	return left, some
}

// isEmpty reports whether nobody is remembered any more. It drops who has been remembered for too
// long: else one mail that is never tried again would have each later one read.
func (h *handed) isEmpty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dropOld()
	return len(h.seen) == 0
}

// dropOld needs mu.
func (h *handed) dropOld() {
	maps.DeleteFunc(h.seen, func(_ [sha256.Size]byte, at time.Time) bool { return time.Since(at) >= handedTime })
}

// add remembers who has got a mail that will be tried again.
func (h *handed) add(mail identity, got []string) {
	id, ok := mail()
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = map[[sha256.Size]byte]time.Time{}
	}
	if len(h.seen)+len(got) > maxHanded {
		h.dropOld()
	}
	for _, to := range got {
		if len(h.seen) < maxHanded {
			h.seen[key(id, to)] = time.Now()
		}
	}
}

// forget ends it: who sends the same mail once more after its last attempt wants it sent.
func (h *handed) forget(mail identity, recipients []Recipient) {
	id, ok := mail()
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range recipients {
		delete(h.seen, key(id, r.Address))
	}
}
