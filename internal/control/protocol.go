// Package control is the running gateway's socket: what a command asks of the gateway
// while it runs, its store that only one process can open among it.
package control

// This file is what both ends say: JSON over HTTP, one path for each thing asked.

import (
	"context"
	"time"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
)

// Mode keeps every other user off the socket: who reaches it decides which certificates
// are trusted. (The umask of serve holds it until this is set.)
const Mode = 0o600

// The bounds of a request and of an answer, in octets. A record with its intermediates
// has some kilobytes; many addresses may share one answer.
const (
	maxRequest = 4 << 20
	maxAnswer  = 64 << 20
	maxHeader  = 8 << 10
)

// maxConnections is how many may ask at once: an admin, a backup and a monitor do.
const maxConnections = 16

// requestTime is how long a request may take to arrive, and answerTime how long the
// answer may take after it: explaining asks the sources of revocation.
const (
	requestTime = 10 * time.Second
	answerTime  = 30 * time.Second
)

// backupTime is how long a backup may take: a snapshot that is held keeps the store from
// freeing what was overwritten.
const backupTime = time.Hour

// The paths of what is asked.
const (
	pathStore   = "/store"
	pathExplain = "/explain"
	pathKeys    = "/keys"
	pathHealth  = "/health"
	pathBackup  = "/backup"
	pathJudge   = "/judge"
	pathJournal = "/journal"
	pathReload  = "/reload"
)

// Journal is what is asked of the journal of messages.
type Journal interface {
	Find(ctx context.Context, q journal.Question) ([]*journal.Record, error)
	Changes(ctx context.Context, q journal.Question) ([]*journal.Change, error)
	Erase(ctx context.Context, address string) (int, error)
}

// Health is how the gateway does.
type Health struct {
	Version string
	Started time.Time
	Keys    int
	Store   string // why the store does not answer; empty when it does
	Lost    int64  // records of the journal, since the start

	Reloaded time.Time // the last time that keys, rules and roots were read, or were to be
	Reload   string    // why they could not be; empty when they were
}

// request is what is asked: an address on pathExplain, one call of Store on pathStore, one of
// Journal on pathJournal.
type request struct {
	Method  string            `json:",omitempty"`
	Record  *certstore.Record `json:",omitempty"`
	Address string            `json:",omitempty"`
	Hash    [32]byte          // identity or fingerprint
	Cursor  string            `json:",omitempty"`
	N       int               `json:",omitempty"`
	State   certstore.State   `json:",omitempty"`
	From    []certstore.State `json:",omitempty"` // the states that State is for

	Question *journal.Question `json:",omitempty"`
	Change   *journal.Change   `json:",omitempty"`
	By       string            `json:",omitempty"` // who wants a reload
}

// answer holds the results of any of them.
type answer struct {
	Records    []*certstore.Record `json:",omitempty"`
	Next       string              `json:",omitempty"`
	Candidates []lookup.Candidate  `json:",omitempty"`
	Keys       []ownkeys.Summary   `json:",omitempty"`
	Health     *Health             `json:",omitempty"`
	Judgement  *Judgement          `json:",omitempty"`
	Messages   []*journal.Record   `json:",omitempty"`
	Changes    []*journal.Change   `json:",omitempty"`
	Erased     int                 `json:",omitempty"`
	NotFound   bool                `json:",omitempty"`
	OtherState bool                `json:",omitempty"` // the certificate's is none of From
	Refused    bool                `json:",omitempty"` // the store is well, and does not take the record
	Error      string              `json:",omitempty"`
}
