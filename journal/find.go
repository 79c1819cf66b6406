package journal

// This file asks the journal.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"sealgate/certstore"
)

// MaxRecords is how many records one answer holds: about a megabyte of them.
const MaxRecords = 1000

// Question asks for the records that have all that it names.
type Question struct {
	Since     time.Time `json:",omitzero"`
	Until     time.Time `json:",omitzero"` // not itself
	Address   string    `json:",omitempty"`
	MessageID string    `json:",omitempty"`
	QueueID   string    `json:",omitempty"`
	Verdict   string    `json:",omitempty"` // what became of it, of its signature, or of its encryption
	Most      int       // 1 to MaxRecords
	Oldest    bool      `json:",omitempty"` // when there are more: the oldest, not the newest

	Fingerprint string `json:",omitempty"` // of a certificate that was changed: Changes alone asks for it
}

// Store is what the journal needs of certstore.Store.
type Store interface {
	certstore.Journal
	Secret(ctx context.Context) ([32]byte, error)
}

// Journal is the journal in a store.
type Journal struct {
	store  Store
	hashes *hashes
}

// Open is the journal in a store.
func Open(ctx context.Context, store Store) (*Journal, error) {
	secret, err := store.Secret(ctx)
	if err != nil {
		return nil, err
	}
	return &Journal{store, newHashes(secret)}, nil
}

// ErrQuestion says that nobody could answer that.
var ErrQuestion = errors.New("journal: the question has no answer")

func (q *Question) check() error {
	if q.Most < 1 || q.Most > MaxRecords {
		return fmt.Errorf("%w: %d records, 1 to %d are possible", ErrQuestion, q.Most, MaxRecords)
	}
	return nil
}

// Find returns records of messages, the newest last.
func (j *Journal) Find(ctx context.Context, q Question) ([]*Record, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	query := certstore.JournalQuery{Since: q.Since, Until: q.Until, Most: q.Most, Oldest: q.Oldest}
	add := func(word string, term func(string) certstore.Term) {
		if word != "" {
			query.Terms = append(query.Terms, term(word))
		}
	}
	add(q.QueueID, j.hashes.queueID)
	add(q.MessageID, j.hashes.messageID)
	add(q.Address, j.hashes.address)
	add(q.Verdict, j.hashes.verdict)
	lines, err := j.messages(ctx, query)
	if err != nil {
		return nil, err
	}
	var records []*Record
	for _, l := range lines {
		r := new(Record)
		if err := json.Unmarshal(l.Text, r); err != nil {
			return nil, fmt.Errorf("journal: the record of %s is damaged: %w", l.Time.UTC().Format(time.RFC3339Nano), err)
		}
		r.Time = l.Time.UTC()
		records = append(records, r)
	}
	return records, nil
}

// messages returns the lines that a query finds without those of changes, as many as it wants.
func (j *Journal) messages(ctx context.Context, q certstore.JournalQuery) ([]certstore.JournalLine, error) {
	change := j.hashes.isChange()
	isChange := func(l certstore.JournalLine) bool { return slices.Contains(l.Terms, change) }
	var found []certstore.JournalLine
	most := q.Most
	for {
		q.Most = most - len(found)
		lines, err := j.store.FindJournal(ctx, q)
		if err != nil {
			return nil, err
		}
		whole := len(lines) < q.Most
		switch {
		case len(lines) == 0:
			return found, nil
		case q.Oldest:
			q.Since = lines[len(lines)-1].Time.Add(1) // no two have the same time
			found = append(found, slices.DeleteFunc(lines, isChange)...)
		default:
			q.Until = lines[0].Time
			found = append(slices.DeleteFunc(lines, isChange), found...)
		}
		if whole || len(found) == most {
			return found, nil
		}
	}
}

// Erase removes all records that name an address, hashed ones too, and says how many there were.
func (j *Journal) Erase(ctx context.Context, address string) (int, error) {
	if address == "" {
		return 0, fmt.Errorf("%w: no address", ErrQuestion)
	}
	return j.store.EraseJournal(ctx, j.hashes.address(address))
}
