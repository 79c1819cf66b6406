// Package certstore keeps other people's certificates by address, what is known of
// mail (so that replies are encrypted), which content each content-encryption key was
// first seen with, and cached answers of look-ups.
package certstore

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxCandidates bounds what is read for one address: it may have got any number of
// valid certificates, and each is judged anew at each use.
const MaxCandidates = 64

// ErrNotFound says that the store answered and has no such record. Any other
// error means that the store did not answer: never a reason to send in clear.
var ErrNotFound = errors.New("certstore: not found")

// ErrState says that a certificate is not in a state that a decision could change: somebody else
// has decided meanwhile, or the wrong one is meant.
var ErrState = errors.New("certstore: the certificate is in another state")

// CheckState is ErrState for a state that is none of from; without from each is.
func CheckState(s State, from []State) error {
	if len(from) > 0 && !slices.Contains(from, s) {
		return fmt.Errorf("%w: it is %s", ErrState, s)
	}
	return nil
}

// ErrCursor says that a cursor is none that List has returned.
var ErrCursor = errors.New("certstore: no cursor of ours")

// Source says how a certificate came into the store.
type Source string

// The sources.
const (
	Harvested Source = "harvested" // of a mail with a valid signature
	Imported  Source = "imported"  // by an admin
	LDAP      Source = "ldap"
	SMIMEA    Source = "smimea"
	Folder    Source = "folder" // of files, which somebody else fills
	HTTP      Source = "http"   // RFC 4387
	ByRule    Source = "rule"   // of a [[rule]], for a whole domain
)

// State says what may be done with a certificate.
type State string

// The states.
const (
	Active  State = "active"
	Pending State = "pending" // waits for an admin
	Blocked State = "blocked" // by an admin: never used
	Pinned  State = "pinned"  // by an admin: used before all others
)

// Record is one certificate and what is known of it.
type Record struct {
	DER           []byte
	Identity      [32]byte // as the function Identity has it: what decisions hang on
	Fingerprint   [32]byte // SHA-256 of DER: what people see and type
	Addresses     []string // in normal form, sorted
	KeyUsage      x509.KeyUsage
	NotBefore     time.Time
	NotAfter      time.Time
	FirstSeen     time.Time
	LastSeen      time.Time // to the day
	Source        Source
	State         State
	Capabilities  []byte   // SMIMECapabilities (RFC 8551 §2.5.2), DER; nil when unknown
	Intermediates [][]byte // CA certificates between it and the root, DER
	Proof         string   // Message-ID of the mail that proved it
	ProofTime     time.Time
}

// NewRecord is the record of a certificate as it is seen for the first time, now; its addresses
// are in normal form.
func NewRecord(c *x509.Certificate, addresses []string, source Source, state State, now time.Time) *Record {
	return &Record{
		DER:         c.Raw,
		Identity:    Identity(c),
		Fingerprint: sha256.Sum256(c.Raw),
		Addresses:   addresses,
		KeyUsage:    c.KeyUsage,
		NotBefore:   c.NotBefore,
		NotAfter:    c.NotAfter,
		FirstSeen:   now,
		LastSeen:    now,
		Source:      source,
		State:       state,
	}
}

// Memory is what is remembered of a mail. Its JSON is what the store keeps: a field may
// come, none may go.
type Memory struct {
	HiddenSubject bool     `json:",omitempty"` // its Subject had been hidden (RFC 9788)
	Own           bool     `json:",omitempty"` // it was encrypted here and has not come in since
	Writers       [][]byte `json:",omitempty"` // hashes of whom an answer to it goes to; none: not known
}

// Content is the one content that a content-encryption key was first seen with.
type Content struct {
	Digest  [32]byte   // of the ciphertext and of what it is decrypted with
	Senders [][32]byte // the addresses that an answer could go to, hashed; at most MaxSenders
}

// MaxSenders bounds the senders of one content.
const MaxSenders = 16

// DefaultMaxContents is how many content keys are kept, 100 to 150 octets each: those of
// 10,000 encrypted mails a day for more than a year.
const DefaultMaxContents = 4 << 20

// ErrFull says that the store keeps as many content keys as it may. None is forgotten
// for another one: whoever sends mail could have an old one forgotten.
var ErrFull = errors.New("certstore: no room for another content key")

// CacheBounds is how much one cache may hold.
type CacheBounds struct {
	Answers int
	Octets  int64 // of all answers with their keys
}

// DefaultCacheBounds: ten thousand customers' certificates are asked about within a
// year; authorities that issue for mail are some hundred, of 2 KiB each.
var DefaultCacheBounds = CacheBounds{Answers: 10_000, Octets: 16 << 20}

// Store keeps records. Methods are safe for concurrent use; what a method has
// stored survives a crash once it has returned.
type Store interface {
	// Put adds or renews a record. State, FirstSeen, Source and DER of one whose
	// identity is known stay; its addresses are joined. A known, unchanged record needs no
	// write within a day. A new pending one beyond MaxPending is refused.
	Put(ctx context.Context, r *Record) error
	// ByAddress returns the best MaxCandidates for an address in normal form:
	// pinned ones, active ones, then the others, each by the newest proof. None is
	// no error.
	ByAddress(ctx context.Context, address string) ([]*Record, error)
	// ByIdentity returns one record or ErrNotFound.
	ByIdentity(ctx context.Context, identity [32]byte) (*Record, error)
	// ByFingerprint is ByIdentity for what people type: a fingerprint, or an identity.
	ByFingerprint(ctx context.Context, fingerprint [32]byte) (*Record, error)
	// List returns up to n records after cursor ("" is the beginning) and the
	// cursor of the next page, "" at the end; ErrCursor for a cursor that is none.
	List(ctx context.Context, cursor string, n int) (page []*Record, next string, err error)
	// SetState is an admin's decision; ErrNotFound for an unknown record. It was made over one of
	// the states from, and is ErrState over any other, compared in one step; without from it is
	// for each.
	SetState(ctx context.Context, identity [32]byte, s State, from ...State) error
	// Delete removes a record, and a block with it; ErrNotFound for an unknown one. From is what
	// it is for SetState.
	Delete(ctx context.Context, identity [32]byte, from ...State) error
	// Remember adds to what is known of a mail, under a hash, in one step: its Subject
	// stays hidden, once it is not Own it never is again, and its first Writers stay.
	// Whoever knows a Message-ID can send it again, with a Subject that is not hidden, or
	// from an address that a secret would then be answered to.
	Remember(ctx context.Context, key [32]byte, m Memory, ttl time.Duration) error
	// Recall is what Remember has kept.
	Recall(ctx context.Context, key [32]byte) (m Memory, known bool, err error)
	// Secret is 32 random octets, made with the store and the same for all who use it:
	// the key of the hashes that BindContent is given.
	Secret(ctx context.Context) ([32]byte, error)
	// BindContent keeps c under each of the keys that has none, for good, and returns
	// what each has, in their order: c or what it was given first. It is one step, all
	// or nothing. ErrFull: no more can be kept.
	BindContent(ctx context.Context, keys [][32]byte, c Content) (first []Content, err error)
	// Contents returns what is kept under each of the keys, in their order, nil where there
	// is none. It keeps nothing.
	Contents(ctx context.Context, keys [][32]byte) ([]*Content, error)
	// CachePut and CacheGet keep answers of look-ups for a time. A key is the name of
	// a cache, a slash and the rest. Each cache is held within CacheBounds: beyond
	// them those answers go that would run out first. One that is larger than a whole
	// cache is an ErrRecord.
	CachePut(ctx context.Context, key string, value []byte, ttl time.Duration) error
	CacheGet(ctx context.Context, key string) (value []byte, known bool, err error)
	// Close waits for calls under way; later ones fail.
	Close() error
}
