package journal

// This file keeps who changed what, beside the messages: in the same lines, found by a term of
// their own.

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sealgate/certstore"
)

// KeepChanges is how long a change is kept, longer than any message: as long as claims in Germany
// last that somebody could make because of it (§ 195 BGB, three years from the end of the year).
const KeepChanges = 4 * 365 * 24 * time.Hour

// Change is one thing that somebody has changed, or has tried to.
type Change struct {
	Time        time.Time `json:"time,omitzero"`
	By          string    `json:"by"`   // "token ticket", "admin anna", "command root"
	What        string    `json:"what"` // "block", "import", …
	Fingerprint string    `json:"fingerprint,omitempty"`
	Addresses   []string  `json:"addresses,omitempty"`
	Text        string    `json:"text,omitempty"`   // what else is to be said of it
	Failed      string    `json:"failed,omitempty"` // why it has come to nothing
}

// Recorder keeps a change, and returns when it is kept.
type Recorder func(ctx context.Context, c Change) error

// Make makes a change. What has no record is not changed; what came to nothing has another record.
func (record Recorder) Make(ctx context.Context, c Change, do func() error) error {
	if err := record(ctx, c); err != nil {
		return fmt.Errorf("nothing was changed, for it could not be recorded: %w", err)
	}
	err := do()
	if err == nil {
		return nil
	}
	c.Failed = err.Error()
	if lost := record(context.WithoutCancel(ctx), c); lost != nil {
		return fmt.Errorf("%w (and that is not recorded: %w)", err, lost)
	}
	return err
}

// changeLine is a Change as the store keeps it.
type changeLine struct {
	Change *Change `json:"change"`
}

// Keep keeps a change, and returns when it is kept: what has no record is not to be changed.
// Unless detail is Full it holds no address in clear. It is found by the address all the same.
func (j *Journal) Keep(ctx context.Context, c Change, detail Detail) error {
	terms := []certstore.Term{j.hashes.isChange()}
	if c.Fingerprint != "" {
		terms = append(terms, j.hashes.fingerprint(c.Fingerprint))
	}
	for _, a := range c.Addresses[:min(len(c.Addresses), certstore.MaxJournalTerms-len(terms))] {
		terms = append(terms, j.hashes.address(a))
	}
	if detail != Full {
		as := j.hashes.hashed()
		c.Addresses = each(c.Addresses, as.address)
		c.Text = as.text(c.Text)
		c.Failed = as.text(c.Failed)
	}
	text, err := json.Marshal(changeLine{&c})
	if err != nil {
		return err
	}
	return j.store.AppendJournal(ctx, []certstore.JournalLine{
		{Time: time.Now(), Keep: KeepChanges, Terms: terms, Text: text},
	})
}

// Changes returns changes, the newest last. Of q, the times, the address, the fingerprint and the
// number count.
func (j *Journal) Changes(ctx context.Context, q Question) ([]*Change, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	query := certstore.JournalQuery{
		Since: q.Since, Until: q.Until, Most: q.Most, Oldest: q.Oldest, Terms: []certstore.Term{j.hashes.isChange()},
	}
	if q.Address != "" {
		query.Terms = append(query.Terms, j.hashes.address(q.Address))
	}
	if q.Fingerprint != "" {
		query.Terms = append(query.Terms, j.hashes.fingerprint(q.Fingerprint))
	}
	lines, err := j.store.FindJournal(ctx, query)
	if err != nil {
		return nil, err
	}
	var changes []*Change
	for _, l := range lines {
		var line changeLine
		if err := json.Unmarshal(l.Text, &line); err != nil || line.Change == nil {
			return nil, fmt.Errorf("journal: the change of %s is damaged", l.Time.UTC().Format(time.RFC3339Nano))
		}
		line.Change.Time = l.Time.UTC()
		changes = append(changes, line.Change)
	}
	return changes, nil
}
