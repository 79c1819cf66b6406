package storetest

// This file has the contract for records: how they are found, kept, decided about and deleted.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"sealgate/certstore"
)

func everyField(t *testing.T, s certstore.Store) {
	want := Record("\x00\xff binary", "a@b.example", `"quoted local"@b.example`, "jürgen@xn--mnchen-3ya.example")
	slices.Sort(want.Addresses)
	want.KeyUsage = 5
	want.NotBefore = want.NotAfter.AddDate(-1, 0, 0)
	want.Capabilities = []byte{
		0x30,
		0,
	}
	want.Proof = "<id@b.example>"
	want.Intermediates = [][]byte{{1, 0, 2}, {3}}
	put(t, s, want)
	got := get(t, s, "\x00\xff binary")
	for field, same := range map[string]bool{
		"DER":           bytes.Equal(got.DER, want.DER),
		"Identity":      got.Identity == want.Identity,
		"Fingerprint":   got.Fingerprint == want.Fingerprint,
		"Addresses":     slices.Equal(got.Addresses, want.Addresses),
		"KeyUsage":      got.KeyUsage == want.KeyUsage,
		"NotBefore":     got.NotBefore.Equal(want.NotBefore),
		"NotAfter":      got.NotAfter.Equal(want.NotAfter),
		"FirstSeen":     got.FirstSeen.Equal(want.FirstSeen),
		"LastSeen":      got.LastSeen.Equal(want.LastSeen),
		"Source":        got.Source == want.Source,
		"State":         got.State == want.State,
		"Capabilities":  bytes.Equal(got.Capabilities, want.Capabilities),
		"Intermediates": slices.EqualFunc(got.Intermediates, want.Intermediates, bytes.Equal),
		"Proof":         got.Proof == want.Proof,
		"ProofTime":     got.ProofTime.Equal(want.ProofTime),
	} {
		if !same {
			t.Errorf("%s is not what was put: %+v, want %+v", field, got, want)
		}
	}
}

// manyCandidates: whoever has many certificates for one address is not read whole,
// and what waits or is blocked never hides what can be used.
func manyCandidates(t *testing.T, s certstore.Store) {
	const n = 3 * certstore.MaxCandidates
	for i := range n {
		r := Record(fmt.Sprint("c", i), "anna@kunde.example")
		r.ProofTime = r.ProofTime.Add(time.Duration(i*7%n) * time.Second)
		r.State = certstore.Active
		if i%3 > 0 {
			r.State = certstore.Blocked
			r.ProofTime = r.ProofTime.Add(time.Hour)
		}
		put(t, s, r)
	}
	got, err := s.ByAddress(context.Background(), "anna@kunde.example")
	if err != nil || len(got) != certstore.MaxCandidates {
		t.Fatalf("%d records, %v", len(got), err)
	}
	for i, r := range got {
		if r.State != certstore.Active || i > 0 && r.ProofTime.After(got[i-1].ProofTime) {
			t.Errorf("place %d: %s, %v", i, r.State, r.ProofTime)
		}
	}
}

// manyPending: anybody can make certificates of an unknown CA for any address.
func manyPending(t *testing.T, s certstore.Store) {
	pending := func(i int) *certstore.Record {
		r := Record(fmt.Sprint("p", i), "anna@kunde.example")
		r.State = certstore.Pending
		return r
	}
	for i := range certstore.MaxPending {
		put(t, s, pending(i))
	}
	if err := s.Put(context.Background(), pending(certstore.MaxPending)); !errors.Is(err, certstore.ErrRecord) {
		t.Errorf("one more: %v", err)
	}
	put(t, s, pending(0), Record("good", "anna@kunde.example")) // a known one, and one that is no more to wait for
	if err := s.SetState(context.Background(), pending(0).Identity, certstore.Blocked); err != nil {
		t.Fatal(err)
	}
	put(t, s, pending(certstore.MaxPending))
}

// closeInUse: calls under way end, later ones fail, and none says "not found".
func closeInUse(t *testing.T, s certstore.Store) {
	put(t, s, Record("r", "a@b.example"))
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				if list, err := s.ByAddress(context.Background(), "a@b.example"); err != nil {
					return
				} else if len(list) != 1 {
					t.Errorf("%d records", len(list))
				}
				if _, _, err := s.List(context.Background(), "", 5); err != nil {
					return
				}
				if w == 0 && s.Put(context.Background(), Record(fmt.Sprint("w", i), "w@b.example")) != nil {
					return
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if _, err := s.ByIdentity(context.Background(), Record("r").Identity); err == nil ||
		errors.Is(err, certstore.ErrNotFound) {
		t.Errorf("after Close: %v", err)
	}
}

func byAddress(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	old := Record("old", "anna@kunde.example")
	fresh := Record("new", "anna@kunde.example", "info@kunde.example")
	pinned := Record("pinned", "anna@kunde.example")
	proven := old.ProofTime
	old.ProofTime = proven.Add(-time.Hour)
	pinned.ProofTime = proven.Add(-2 * time.Hour)
	pinned.State = certstore.Pinned
	put(t, s, old, fresh, pinned, Record("other", "ann@kunde.example"), Record("third", "anna@kunde.example.org"),
		Record("short", "a@kunde.example"))
	got, err := s.ByAddress(ctx, "anna@kunde.example")
	if err != nil || len(got) != 3 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	for i, want := range []string{"pinned", "new", "old"} {
		if text(got[i]) != want {
			t.Errorf("place %d: %s, want %s", i, text(got[i]), want)
		}
	}
	if got, err := s.ByAddress(ctx, "nobody@kunde.example"); err != nil || len(got) != 0 {
		t.Errorf("unknown address: %v %v", got, err)
	}
}

// hostileAddresses: what could end a key, a line or a statement early.
func hostileAddresses(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	noAddresses := []string{
		"", "no at", "@b.example", "a\x00b@c.example", "a@b.example\x00", "a@b.example\n", "a\r@b.example",
		"a\x1f@b.example", "a\x7f@b.example", "a@\xff.example",
	}
	for _, a := range noAddresses {
		if err := s.Put(ctx, Record("x", a)); err == nil {
			t.Errorf("%q was stored", a)
		}
		if _, err := s.ByAddress(ctx, a); err == nil {
			t.Errorf("%q was looked up", a)
		}
	}
	for i, a := range []string{"a%@b.example", "a_@b.example", "'or'1'='1@b.example", `"a\\"@b.example`, "aa@b.example"} {
		der := fmt.Sprint("odd", i)
		put(t, s, Record(der, a))
		if got, err := s.ByAddress(ctx, a); err != nil || len(got) != 1 || text(got[0]) != der {
			t.Errorf("%q: %d records, %v", a, len(got), err)
		}
	}
}

func putKeeps(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	r := Record("c", "a@b.example")
	put(t, s, r)
	if err := s.SetState(ctx, r.Identity, certstore.Blocked); err != nil {
		t.Fatal(err)
	}
	again := Record("c", "c@d.example")
	again.FirstSeen = again.FirstSeen.Add(48 * time.Hour)
	again.LastSeen = again.LastSeen.Add(48 * time.Hour)
	again.Source = certstore.LDAP
	put(t, s, again)
	got := get(t, s, "c")
	if got.State != certstore.Blocked || got.Source != certstore.Harvested || !got.FirstSeen.Equal(r.FirstSeen) ||
		!got.LastSeen.Equal(again.LastSeen) {
		t.Errorf("state, source or times changed: %+v", got)
	}
	for _, a := range []string{"a@b.example", "c@d.example"} {
		if list, err := s.ByAddress(ctx, a); err != nil || len(list) != 1 || list[0].State != certstore.Blocked {
			t.Errorf("%s: %+v %v", a, list, err)
		}
	}
}

// anotherSignature: whoever has a certificate can write another signature around it that
// holds as well. It is the same certificate, with what an admin has decided.
func anotherSignature(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	r := Record("c", "a@b.example")
	put(t, s, r)
	if err := s.SetState(ctx, r.Identity, certstore.Blocked); err != nil {
		t.Fatal(err)
	}
	other := Record("c", "c@d.example")
	other.DER = DER("c", "n-s")
	other.Fingerprint = sha256.Sum256(other.DER)
	put(t, s, other)
	list, err := s.ByAddress(ctx, "c@d.example")
	if err != nil || len(list) != 1 || list[0].State != certstore.Blocked {
		t.Errorf("by the address of the other form: %+v, %v", list, err)
	}
	hashes := map[string][32]byte{"the fingerprint that people saw": r.Fingerprint, "the identity": r.Identity}
	for name, hash := range hashes {
		got, err := s.ByFingerprint(ctx, hash)
		if err != nil || got.State != certstore.Blocked || got.Fingerprint != r.Fingerprint || !bytes.Equal(got.DER, r.DER) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := s.ByIdentity(ctx, r.Fingerprint); !errors.Is(err, certstore.ErrNotFound) {
		t.Errorf("a fingerprint as an identity: %v", err)
	}
	if page, _, err := s.List(ctx, "", 10); err != nil || len(page) != 1 {
		t.Errorf("%d records, %v", len(page), err)
	}
}

// olderProof: mails arrive in any order; the newest one says what its sender can
// read.
func olderProof(t *testing.T, s certstore.Store) {
	fresh := Record("c", "a@b.example")
	fresh.Capabilities = []byte("new")
	fresh.Proof = "<new@b.example>"
	old := Record("c", "a@b.example", "other@b.example")
	old.Capabilities = []byte("old")
	old.Proof = "<old@b.example>"
	old.ProofTime = old.ProofTime.Add(-100 * time.Hour)
	old.LastSeen = old.LastSeen.Add(-100 * time.Hour)
	put(t, s, fresh, old)
	got := get(t, s, "c")
	if string(got.Capabilities) != "new" || got.Proof != fresh.Proof || !got.ProofTime.Equal(fresh.ProofTime) ||
		!got.LastSeen.Equal(fresh.LastSeen) {
		t.Errorf("an older mail changed what a newer one said: %+v", got)
	}
}

func wrongRecords(t *testing.T, s certstore.Store) {
	swapped := Record("c", "a@b.example")
	swapped.DER = DER("another certificate", "signature")
	renamed := Record("c", "a@b.example")
	renamed.Identity = identity("another certificate")
	rubbish := Record("c", "a@b.example")
	rubbish.DER = []byte("no certificate")
	rubbish.Fingerprint = sha256.Sum256(rubbish.DER)
	large := Record("large", "a@b.example")
	large.Capabilities = make([]byte, certstore.MaxRecord-len(large.DER)+1)
	many := Record("many", "a@b.example")
	for i := range certstore.MaxAddresses {
		many.Addresses = append(many.Addresses, fmt.Sprintf("a%d@b.example", i))
	}
	for name, r := range map[string]*certstore.Record{
		"fingerprint of another": swapped,
		"identity of another":    renamed,
		"no certificate":         rubbish,
		"no address":             Record("none"),
		"too many addresses":     many,
		"too large":              large,
		"nil":                    nil,
	} {
		if s.Put(context.Background(), r) == nil {
			t.Errorf("%s: stored", name)
		}
	}
	many.Addresses = many.Addresses[1:]
	large.Capabilities = large.Capabilities[1:]
	put(t, s, many, large)
}

func ownRecords(t *testing.T, s certstore.Store) {
	r := Record("c", "b@b.example", "a@b.example")
	put(t, s, r)
	if r.Addresses[0] != "b@b.example" {
		t.Error("Put changed the caller's record")
	}
	r.Addresses[0] = "x@y.example"
	r.DER[0] = 'X'
	got := get(t, s, "c")
	got.Addresses[0] = "x@y.example"
	got.DER[0] = 'X'
	if again := get(t, s, "c"); again.Addresses[0] != "a@b.example" || text(again) != "c" {
		t.Errorf("a caller's change reached the store: %+v", again)
	}
}

func list(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	want := map[string]bool{}
	for i := range 25 {
		r := Record(fmt.Sprint("c", i), fmt.Sprintf("a%d@b.example", i))
		want[text(r)] = true
		put(t, s, r)
	}
	cursor := ""
	pages := 0
	for {
		page, next, err := s.List(ctx, cursor, 10)
		if err != nil || len(page) > 10 {
			t.Fatal(len(page), err)
		}
		pages++
		for _, r := range page {
			if !want[text(r)] {
				t.Errorf("%s is listed twice or was never put", text(r))
			}
			delete(want, text(r))
		}
		cursor = next
		if next == "" {
			break
		}
	}
	if len(want) != 0 || pages != 3 {
		t.Errorf("%d pages, not listed: %v", pages, want)
	}
	if page, next, err := s.List(ctx, "", 25); err != nil || len(page) != 25 || next != "" {
		t.Errorf("one page of all: %d, next %q, %v", len(page), next, err)
	}
	for _, n := range []int{0, -1} {
		if _, _, err := s.List(ctx, "", n); err == nil {
			t.Errorf("a page of %d was given", n)
		}
	}
	if _, _, err := s.List(ctx, "no cursor of ours", 10); !errors.Is(err, certstore.ErrCursor) {
		t.Errorf("a wrong cursor: %v", err)
	}
}

func deleteAndState(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	r := Record("c", "a@b.example", "c@d.example")
	put(t, s, r, Record("stays", "a@b.example"))
	if err := s.Delete(ctx, r.Identity); err != nil {
		t.Fatal(err)
	}
	for a, n := range map[string]int{"a@b.example": 1, "c@d.example": 0} {
		if got, err := s.ByAddress(ctx, a); err != nil || len(got) != n {
			t.Errorf("%s: %d records after Delete, want %d; %v", a, len(got), n, err)
		}
	}
	_, found := s.ByIdentity(ctx, r.Identity)
	_, typed := s.ByFingerprint(ctx, r.Fingerprint)
	answers := map[string]error{
		"ByIdentity":    found,
		"ByFingerprint": typed,
		"Delete":        s.Delete(ctx, r.Identity),
		"SetState":      s.SetState(ctx, r.Identity, certstore.Pinned),
	}
	for what, err := range answers {
		if !errors.Is(err, certstore.ErrNotFound) {
			t.Errorf("%s of an unknown record: %v", what, err)
		}
	}
	if s.SetState(ctx, identity("stays"), "trusted") == nil {
		t.Error("a state that does not exist was set")
	}
}

// blockStays: a decision made over a state is not made over the block that came since.
func blockStays(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	r := Record("c", "a@b.example")
	r.State = certstore.Pending
	put(t, s, r)
	for _, step := range []struct {
		to   certstore.State
		from []certstore.State
		want error
	}{
		{certstore.Blocked, []certstore.State{certstore.Pending}, nil},
		{certstore.Active, []certstore.State{certstore.Pending}, certstore.ErrState},
		{certstore.Pinned, []certstore.State{certstore.Active, certstore.Pending}, certstore.ErrState},
		{certstore.Pinned, []certstore.State{certstore.Active, certstore.Blocked}, nil},
		{certstore.Blocked, nil, nil},
	} {
		before := get(t, s, "c").State
		if err := s.SetState(ctx, r.Identity, step.to, step.from...); !errors.Is(err, step.want) {
			t.Errorf("%s of %v: %v", step.to, step.from, err)
		}
		want := step.to
		if step.want != nil {
			want = before
		}
		if got := get(t, s, "c").State; got != want {
			t.Errorf("%s of %v: it is %s", step.to, step.from, got)
		}
	}
	for _, from := range [][]certstore.State{{certstore.Active}, {certstore.Pending, certstore.Pinned}} {
		if err := s.Delete(ctx, r.Identity, from...); !errors.Is(err, certstore.ErrState) {
			t.Errorf("Delete of %v: %v", from, err)
		}
		if got, err := s.ByAddress(ctx, "a@b.example"); err != nil || len(got) != 1 || got[0].State != certstore.Blocked {
			t.Errorf("Delete of %v: %d records, %v", from, len(got), err)
		}
	}
	if err := s.Delete(ctx, r.Identity, certstore.Pending, certstore.Blocked); err != nil {
		t.Errorf("Delete of a blocked one: %v", err)
	}
}

func manyWriters(t *testing.T, s certstore.Store) {
	ctx := context.Background()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 10 {
				if err := s.Put(ctx, Record(fmt.Sprint(n), fmt.Sprintf("w%d@b.example", i))); err != nil {
					t.Error(err)
				}
				if _, err := s.ByAddress(ctx, fmt.Sprintf("w%d@b.example", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if r := get(t, s, "7"); len(r.Addresses) != 8 {
		t.Errorf("an address was lost between writers: %v", r.Addresses)
	}
}
