package control

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"sealgate/journal"
)

// fakeJournal remembers the last question.
type fakeJournal struct {
	question journal.Question
	erased   string
}

func (j *fakeJournal) Find(_ context.Context, q journal.Question) ([]*journal.Record, error) {
	j.question = q
	return []*journal.Record{{QueueID: "Q1"}}, nil
}

func (j *fakeJournal) Changes(_ context.Context, q journal.Question) ([]*journal.Change, error) {
	j.question = q
	return []*journal.Change{{By: "admin eva"}}, nil
}

func (j *fakeJournal) Erase(_ context.Context, address string) (int, error) {
	j.erased = address
	return 2, errors.New("and the third is stuck")
}

// TestJournal asks and erases through the socket; what is no question reaches no journal.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	j := &fakeJournal{}
	h := (&Server{Journal: j, Log: slog.New(slog.DiscardHandler)}).Start(l)
	t.Cleanup(func() { h.Close() })
	c := client(t, path)
	q := journal.Question{Address: "anna@kunde.example", Verdict: "valid", Most: 7, Oldest: true}
	records, err := c.Find(context.Background(), q)
	if err != nil || len(records) != 1 || records[0].QueueID != "Q1" || j.question != q {
		t.Errorf("%v, %v, for %+v", records, err, j.question)
	}
	q.Fingerprint = "ab"
	changes, err := c.Changes(context.Background(), q)
	if err != nil || len(changes) != 1 || changes[0].By != "admin eva" || j.question != q {
		t.Errorf("%v, %v, for %+v", changes, err, j.question)
	}
	if _, err := c.Erase(context.Background(), "anna@kunde.example"); err == nil || j.erased != "anna@kunde.example" {
		t.Errorf("%v, %q", err, j.erased)
	}
	for _, r := range []request{{Method: "Find"}, {Method: "Changes"}, {Method: "Record"}, {Method: "Forget"}, {}} {
		if _, err := c.call(context.Background(), pathJournal, r); err == nil {
			t.Errorf("%+v is answered", r)
		}
	}
}
