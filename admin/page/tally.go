package page

// This file counts the journal's records by what became of the mail. What has been counted is not
// read again.

import (
	"context"
	"sync"
	"time"

	"sealgate/gateway"
	"sealgate/gateway/verdict"
	"sealgate/journal"
)

// slotTime is what is counted together: every zone's days begin with one.
const slotTime = 15 * time.Minute

// lateTime is how much later than its time a record may be written: by another gateway at the same
// store, too. Until then its slot is counted anew.
const lateTime = 5 * time.Minute

// outcome is a series of the chart.
type outcome int

// The outcomes, as the chart stacks them from its ground.
const (
	secured  outcome = iota // accepted: we signed or encrypted it, or it was valid or opened
	doubtful                // accepted with S/MIME that is not valid, or could not be opened
	plain                   // accepted without S/MIME
	quarantined
	deferred
	rejected
	failed
	outcomes
)

// outcomeNames are their names in texts and in the style sheet.
var outcomeNames = [outcomes]string{"secured", "doubtful", "plain", "quarantined", "deferred", "rejected", "failed"}

func outcomeOf(r *journal.Record) outcome {
	switch gateway.Result(r.Result) {
	case gateway.Quarantined:
		return quarantined
	case gateway.Deferred:
		return deferred
	case gateway.Rejected:
		return rejected
	case gateway.Failed:
		return failed
	}
	return acceptedAs(r)
}

// acceptedAs is what an accepted mail's S/MIME is worth: what came is secured where all of it held.
func acceptedAs(r *journal.Record) outcome {
	hasSignature := r.Signature != "" && r.Signature != string(verdict.SignatureNone)
	hasEncryption := r.Encryption != "" && r.Encryption != string(verdict.EncryptionNone)
	switch {
	case r.SignedBy != "" || len(r.EncryptedFor) > 0:
		return secured
	case hasSignature && r.Signature != string(verdict.SignatureValid):
		return doubtful
	case hasEncryption && r.Encryption != string(verdict.EncryptionDecrypted):
		return doubtful
	case hasSignature || hasEncryption:
		return secured
	}
	return plain
}

// counts are numbers of mails by outcome.
type counts [outcomes]int

// total is how many there are in all.
func (c counts) total() (n int) {
	for _, one := range c {
		n += one
	}
	return n
}

// messages are what is counted.
type messages interface {
	Find(ctx context.Context, q journal.Question) ([]*journal.Record, error)
}

// tally is what has been counted.
type tally struct {
	mu    sync.Mutex
	slots map[int64]*counts // guarded by mu, by the number of the slot since 1970
	from  time.Time         // guarded by mu: what comes after it is counted,
	until time.Time         // guarded by mu: and what comes before this one
}

func slotOf(t time.Time) int64 { return t.UnixNano() / int64(slotTime) }

// update counts what is not counted yet between since and now.
func (t *tally) update(ctx context.Context, j messages, since, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	since = since.Truncate(slotTime)
	if t.slots == nil {
		t.slots = make(map[int64]*counts)
		t.from = now.Truncate(slotTime)
		t.until = t.from
	}
	for slot := range t.slots {
		if slot >= slotOf(t.until) {
			delete(t.slots, slot)
		}
	}
	if err := t.count(ctx, j, t.until, time.Time{}); err != nil {
		return err
	}
	t.until = now.Add(-lateTime).Truncate(slotTime)
	if since.Before(t.from) {
		if err := t.count(ctx, j, since, t.from); err != nil {
			return err
		}
		t.from = since
	}
	return nil
}

// count counts all or nothing.
func (t *tally) count(ctx context.Context, j messages, since, until time.Time) error {
	counted := make(map[int64]*counts)
	for {
		page, err := j.Find(ctx, journal.Question{Since: since, Until: until, Most: journal.MaxRecords, Oldest: true})
		if err != nil {
			return err
		}
		for _, r := range page {
			slot := slotOf(r.Time)
			if counted[slot] == nil {
				counted[slot] = new(counts)
			}
			counted[slot][outcomeOf(r)]++
			since = r.Time.Add(1)
		}
		if len(page) < journal.MaxRecords {
			break
		}
	}
	for slot, c := range counted {
		t.slots[slot] = c
	}
	return nil
}

// between are the numbers of a time.
func (t *tally) between(since, until time.Time) (sum counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for slot := slotOf(since); slot < slotOf(until); slot++ {
		c := t.slots[slot]
		if c == nil {
			continue
		}
		for i, n := range c {
			sum[i] += n
		}
	}
	return sum
}
