package journal

// This file keeps changes beside messages, and finds each apart from the other.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"sealgate/certstore"
)

// changed are what was done, and to which certificate.
func changed(t *testing.T, j *Journal, q Question) (list []string) {
	t.Helper()
	if q.Most == 0 {
		q.Most = MaxRecords
	}
	found, err := j.Changes(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found {
		list = append(list, c.What+" "+c.Fingerprint)
	}
	return list
}

// TestChangesStandApart: among messages no change is found, among changes no message, whatever the
// page and its end.
func TestChangesStandApart(t *testing.T) {
	j := openJournal(t, openStore(t, t.TempDir()))
	for n := range 6 {
		write(t, j, Full, entry(fmt.Sprintf("Q%d", n)))
		for range n { // so that pages of every size end among changes
			c := Change{By: "admin anna", What: "block", Fingerprint: fmt.Sprint(n), Addresses: []string{"bob@kunde.example"}}
			if err := j.Keep(context.Background(), c, Full); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := []string{"Q0", "Q1", "Q2", "Q3", "Q4", "Q5"}
	for n := 1; n <= 7; n++ {
		got := min(n, 6)
		if list := ids(t, j, Question{Most: n}); !slices.Equal(list, all[6-got:]) {
			t.Errorf("the newest %d: %v", n, list)
		}
		if list := ids(t, j, Question{Most: n, Oldest: true}); !slices.Equal(list, all[:got]) {
			t.Errorf("the oldest %d: %v", n, list)
		}
	}
	if list := ids(t, j, Question{Address: "bob@kunde.example"}); len(list) != 0 {
		t.Errorf("messages of who is named in changes alone: %v", list)
	}
	if list := changed(t, j, Question{}); len(list) != 15 || list[0] != "block 1" || list[14] != "block 5" {
		t.Errorf("changes: %v", list)
	}
	if list := changed(t, j, Question{Fingerprint: "2"}); !slices.Equal(list, []string{"block 2", "block 2"}) {
		t.Errorf("changes of one certificate: %v", list)
	}
}

// TestHashedChange: it names nobody, and is found by who knows the address; erasing a person erases it.
func TestHashedChange(t *testing.T) {
	j := openJournal(t, openStore(t, t.TempDir()))
	ctx := context.Background()
	c := Change{By: "token x", What: "delete", Fingerprint: "ab", Addresses: []string{"bob@kunde.example"}}
	if err := j.Keep(ctx, c, Hashed); err != nil {
		t.Fatal(err)
	}
	q := Question{Address: "Bob@Kunde.example", Most: 1}
	found, err := j.Changes(ctx, q)
	if err != nil || len(found) != 1 || found[0].Addresses[0] == "bob@kunde.example" || found[0].By != "token x" {
		t.Fatalf("%+v, %v", found, err)
	}
	if n, err := j.Erase(ctx, "bob@kunde.example"); n != 1 || err != nil {
		t.Errorf("%d erased, %v", n, err)
	}
	if list := changed(t, j, Question{}); len(list) != 0 {
		t.Errorf("then: %v", list)
	}
}

// TestHashedChangeOfAFile: no address stands in clear in its text, nor in why it has failed.
func TestHashedChangeOfAFile(t *testing.T) {
	j := openJournal(t, openStore(t, t.TempDir()))
	c := Change{
		By: "admin anna", What: "import", Text: `"bob@kunde.example.pem", 1 certificates`, Failed: "no key of <bob@kunde.example>",
	}
	if err := j.Keep(t.Context(), c, Hashed); err != nil {
		t.Fatal(err)
	}
	found, err := j.Changes(t.Context(), Question{Most: 1})
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	as := j.hashes.hashed()
	if want := `"` + as.address("bob@kunde.example.pem") + `", 1 certificates`; found[0].Text != want {
		t.Errorf("text %s, want %s", found[0].Text, want)
	}
	if want := "no key of <" + as.address("bob@kunde.example") + ">"; found[0].Failed != want {
		t.Errorf("failed %s, want %s", found[0].Failed, want)
	}
	if err := j.Keep(t.Context(), c, Full); err != nil {
		t.Fatal(err)
	}
	found, err = j.Changes(t.Context(), Question{Most: 1})
	if err != nil || found[0].Text != c.Text || found[0].Failed != c.Failed {
		t.Errorf("in full: %+v, %v", found[0], err)
	}
}

// full takes nothing.
type full struct{ Store }

var errFull = errors.New("the disk is full")

func (full) AppendJournal(context.Context, []certstore.JournalLine) error { return errFull }

// TestChangeThatIsNotKept is said: what has no record is not to be done.
func TestChangeThatIsNotKept(t *testing.T) {
	j := openJournal(t, full{openStore(t, t.TempDir())})
	if err := j.Keep(context.Background(), Change{What: "block"}, Full); !errors.Is(err, errFull) {
		t.Error(err)
	}
	if _, err := j.Changes(context.Background(), Question{Most: MaxRecords + 1}); !errors.Is(err, ErrQuestion) {
		t.Error(err)
	}
}
