package admin

// This file is what the HTTP side, its API and its page, asks of the gateway. Whoever asks has been
// told apart before; nothing here decides over mail.

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/internal/certadmin"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
)

// Errors that are the question's, and not ours. certadmin.ErrInput, certstore.ErrState,
// journal.ErrQuestion, gateway.ErrQuestion and certstore.ErrNotFound are others.
var (
	ErrInput  = errors.New("admin: input")
	ErrNotOur = errors.New("admin: no mailbox of ours")
)

// Gateway is all that is asked; Bounded makes it whole.
type Gateway struct {
	Engine       Engine
	Certificates Certificates
	Mailboxes    Mailboxes
	Changes      Changes
	Journal      Journal
	Explainer    Explainer
	Health       Health
	MaxMessage   int64       // octets of a message that is explained
	Importing    *sync.Mutex // held while a file to import is in memory: one at a time
}

// Engine says what a mail that is not written yet can be, and what its answer must be.
type Engine interface {
	Capabilities(ctx context.Context, q gateway.Question) (*gateway.Capabilities, error)
}

// Certificates are other people's certificates.
type Certificates interface {
	// Certificates returns a page; certadmin.ErrInput for what is no question.
	Certificates(ctx context.Context, q certadmin.Query) (*certadmin.Page, error)
	// Certificate returns all that is known of one; certstore.ErrNotFound. Fingerprints are
	// SHA-256 in hex.
	Certificate(ctx context.Context, fingerprint string) (*Certificate, error)
}

// Certificate is all that is known of one, with what it can be used for.
type Certificate struct {
	*certadmin.Detail
	Uses     []Use                `json:"uses"`
	Possible []certadmin.Decision `json:"possible"` // decisions that it can get
	History  []*journal.Change    `json:"history"`  // the newest last
}

// Use is what a certificate is for one of its addresses.
type Use struct {
	Address string `json:"address"`
	Chosen  bool   `json:"chosen"` // a mail to it is encrypted for this certificate
	Status  string `json:"status,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

// Changes are made through one function, which keeps a record of each before it is made. By is who
// wants it: TokenName, AdminName.
type Changes interface {
	// Decide blocks, pins, approves, deletes, … ; certstore.ErrNotFound, certstore.ErrState. Seen is
	// the state in which the certificate was shown to who decides, "" when he does not say.
	Decide(ctx context.Context, by, fingerprint string, d certadmin.Decision, seen certstore.State) error
	// Import stores what a file of any kind holds; ErrInput when it holds nothing. A password is
	// for a .p12, whose private key is left out.
	Import(ctx context.Context, by string, f ImportFile) (*Imported, error)
	// Record keeps what changes nothing in the store, such as a login.
	Record(ctx context.Context, c journal.Change) error
}

// ImportFile is one.
type ImportFile struct {
	Name     string // for people; may be empty
	Data     []byte // at most certfile.MaxSize
	Password []byte
}

// Imported is what became of a file.
type Imported struct {
	Added        int                     `json:"added"`
	Known        int                     `json:"known"`
	Completed    int                     `json:"completed"` // chains of certificates that were here before
	Certificates []certadmin.Certificate `json:"certificates"`
	LeftOut      []string                `json:"left_out"` // what was not stored, and why
}

// TokenName is who has a token, as changes name him.
func TokenName(name string) string { return "token " + name }

// AdminName is an admin at the page, as changes name him.
func AdminName(name string) string { return "admin " + name }

// Mailboxes are our own, with their keys as a receiver sees them: never a private one.
type Mailboxes interface {
	Mailboxes(ctx context.Context) []Mailbox
}

// Mailbox is one.
type Mailbox struct {
	Addresses []string          `json:"addresses"`
	Keys      []Key             `json:"keys"`
	Wrong     []ownkeys.Finding `json:"wrong"` // with the mailbox itself, such as that it has no key
}

// Key is a certificate of a mailbox whose key the gateway has.
type Key struct {
	Fingerprint string            `json:"fingerprint"`
	Addresses   []string          `json:"addresses"`
	Issuer      string            `json:"issuer"`
	NotBefore   time.Time         `json:"not_before"`
	NotAfter    time.Time         `json:"not_after"`
	Can         []string          `json:"can"` // "sign", "decrypt"
	Chain       []certadmin.Link  `json:"chain"`
	Wrong       []ownkeys.Finding `json:"wrong"`
	File        string            `json:"-"` // where its key lies: for admins alone
}

// Journal is what passed, and who changed what.
type Journal interface {
	// Find returns messages, the newest last; the next page ends before the first of them.
	Find(ctx context.Context, q journal.Question) ([]*journal.Record, error)
	// Changes returns changes in the same way.
	Changes(ctx context.Context, q journal.Question) ([]*journal.Change, error)
}

// Explainer judges a message as the engine does one that comes for a recipient, and keeps nothing
// of it. No key is tried but the recipient's; what it opens leaves the gateway in no form.
type Explainer interface {
	// Explain returns ErrNotOur when nobody of ours has the address, ErrInput for what is no mail,
	// ErrBusy when too many are asked about.
	Explain(ctx context.Context, recipient string, message io.Reader) (*Explanation, error)
}

// Explanation is what a message is worth.
type Explanation struct {
	Report  json.RawMessage `json:"report"`  // for programs, as sealgate verify --json prints it
	Drawing string          `json:"drawing"` // for people, as sealgate explain draws it
}

// Fault is one thing that keeps the gateway from its work.
type Fault struct {
	Of  string // "store", "keys", "reload", "next hop", "disk"
	Why string
}

// Health is how the gateway does.
type Health interface {
	// Ready is what keeps it from its work; empty: nothing.
	Ready(ctx context.Context) []Fault
	// Attention is what somebody should look at, the worst first.
	Attention(ctx context.Context) []Attention
	// Process is which gateway answers, and how its last reading of the configuration went.
	Process() Process
}

// Process is a gateway that runs.
type Process struct {
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Reloaded time.Time `json:"reloaded"`
	Fault    string    `json:"fault,omitempty"` // why the configuration was not taken
}

// Attention is one thing that somebody should look at.
type Attention struct {
	Kind   Kind          `json:"kind"`
	Level  ownkeys.Level `json:"level"`
	Object string        `json:"object,omitempty"` // the mailbox, the address, the area
	Count  int64         `json:"count,omitempty"`
	Cause  string        `json:"cause,omitempty"`
	Remedy string        `json:"remedy,omitempty"`
}

// Kind is what an Attention is about.
type Kind string

// The kinds.
const (
	KindKey          Kind = "key"           // a mailbox's key: expiry, chain, trust, …: Cause says it
	KindPending      Kind = "pending"       // Count certificates wait for a decision
	KindNotReady     Kind = "not_ready"     // Object keeps the gateway from its work
	KindClearReplies Kind = "clear_replies" // Count replies to encrypted mail left in clear since the start
)
