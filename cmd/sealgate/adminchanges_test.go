package main

// This file changes certificates as the HTTP side does, and looks at what is recorded.

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/control"
	"sealgate/internal/testpki"
	"sealgate/journal"
)

// adminHouse is a gateway with a key of bob, and anna's certificate imported by an admin.
func adminHouse(t *testing.T) (g admin.Gateway, fingerprint string) {
	t.Helper()
	pki := testpki.New(t)
	h := houseOf(t, pki, pki.Issue(testpki.Options{Addresses: []string{"bob@firma.example"}, Key: "rsa-2048"}))
	g = h.forAdmins()
	anna := pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	out, err := g.Changes.Import(t.Context(), admin.AdminName("eva"), admin.ImportFile{Name: "anna.pem", Data: anna.CertPEM()})
	if err != nil || out.Added != 1 || len(out.Certificates) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	return g, out.Certificates[0].Fingerprint
}

// history is what was done to a certificate, by whom, and how it failed.
func history(t *testing.T, g admin.Gateway, fingerprint string) (list []string) {
	t.Helper()
	found, err := g.Journal.Changes(context.Background(), journal.Question{Fingerprint: fingerprint, Most: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found {
		list = append(list, strings.TrimRight(fmt.Sprintf("%s: %s, %s; %s", c.By, c.What, c.Text, c.Failed), "; "))
	}
	return list
}

// TestExplainIsBounded for the API and the page: what the two are given is one gateway, and bounded.
func TestExplainIsBounded(t *testing.T) {
	g, _ := adminHouse(t)
	explained := 0
	for range 100 {
		_, err := g.Explainer.Explain(t.Context(), "anna@kunde.example", strings.NewReader(""))
		switch {
		case errors.Is(err, admin.ErrNotOur):
			explained++
		case !errors.Is(err, admin.ErrBusy):
			t.Fatal(err)
		}
	}
	if explained < 5 || explained > 20 {
		t.Errorf("%d of 100 were looked at", explained)
	}
}

// TestEveryChangeIsRecorded with who wanted it; what is refused changes nothing.
func TestEveryChangeIsRecorded(t *testing.T) {
	g, fp := adminHouse(t)
	ctx := t.Context()
	for _, step := range []struct {
		do   certadmin.Decision
		want error
	}{
		{certadmin.Approve, certstore.ErrState},
		{certadmin.Pin, nil},
		{certadmin.Unpin, nil},
		{certadmin.Block, nil},
		{certadmin.Pin, certstore.ErrState}, // a block is taken back first
		{certadmin.Unblock, nil},
		{certadmin.Delete, nil},
		{certadmin.Delete, certstore.ErrNotFound},
		{"forget", certstore.ErrNotFound},
	} {
		if err := g.Changes.Decide(ctx, admin.TokenName("x"), fp, step.do, ""); !errors.Is(err, step.want) {
			t.Errorf("%s: %v", step.do, err)
		}
	}
	want := []string{
		"token x: pin, it was active", "token x: unpin, it was pinned", "token x: block, it was active",
		"token x: unblock, it was blocked", "token x: delete, it was active",
	}
	if got := history(t, g, fp); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	all, err := g.Journal.Changes(ctx, journal.Question{Most: 100})
	if err != nil || len(all) != 6 || all[0].By != "admin eva" || !strings.Contains(all[0].Text, "1 certificates") {
		t.Errorf("%+v, %v", all, err)
	}
}

// unkept is a journal that takes nothing.
type unkept struct{ certstore.Store }

func (unkept) AppendJournal(context.Context, []certstore.JournalLine) error {
	return errors.New("the disk is full")
}

func (unkept) FindJournal(context.Context, certstore.JournalQuery) ([]certstore.JournalLine, error) {
	return nil, nil
}

func (unkept) EraseJournal(context.Context, certstore.Term) (int, error) { return 0, nil }

// TestWhatHasNoRecordIsNotChanged: an admin whose changes cannot be recorded makes none.
func TestWhatHasNoRecordIsNotChanged(t *testing.T) {
	pki := testpki.New(t)
	h := houseOf(t, pki, pki.Issue(testpki.Options{Addresses: []string{"bob@firma.example"}, Key: "rsa-2048"}))
	anna := pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"})
	if err := imports(h, anna.Certificate); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), unkept{h.store})
	if err != nil {
		t.Fatal(err)
	}
	h.journal = j.Start(h.log)
	g := h.forAdmins()
	list, err := g.Certificates.Certificates(t.Context(), certadmin.Query{Search: "anna@kunde.example", Most: 1})
	if err != nil || len(list.Certificates) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	fp := list.Certificates[0].Fingerprint
	if err := g.Changes.Decide(t.Context(), "x", fp, certadmin.Block, ""); err == nil {
		t.Error("it was blocked, and nobody knows by whom")
	}
	if c, err := g.Certificates.Certificate(t.Context(), fp); err != nil || c.State != certstore.Active {
		t.Errorf("%+v, %v", c, err)
	}
	other := pki.Issue(testpki.Options{Addresses: []string{"carl@kunde.example"}, Key: "rsa-2048"})
	if _, err := g.Changes.Import(t.Context(), "x", admin.ImportFile{Data: other.CertPEM()}); err == nil {
		t.Error("it was imported, and nobody knows by whom")
	}
	if list, err := h.store.ByAddress(t.Context(), "carl@kunde.example"); len(list) != 0 {
		t.Errorf("it is there, %v", err)
	}
}

// TestNoPrivateKeyLeaves: what the HTTP side tells of mailboxes has certificates alone.
func TestNoPrivateKeyLeaves(t *testing.T) {
	g, _ := adminHouse(t)
	boxes := g.Mailboxes.Mailboxes(t.Context())
	text, err := json.Marshal(boxes)
	if err != nil || len(boxes) != 1 || len(boxes[0].Keys) != 1 || boxes[0].Keys[0].File == "" {
		t.Fatalf("%+v, %v", boxes, err)
	}
	for _, secret := range []string{"PRIVATE", boxes[0].Keys[0].File} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is told: %s", secret, text)
		}
	}
}

// TestNothingIsNull: what openapi.json calls a list is one, also where nothing stands in it.
func TestNothingIsNull(t *testing.T) {
	g, fp := adminHouse(t)
	c, err := g.Certificates.Certificate(t.Context(), fp)
	if err != nil {
		t.Fatal(err)
	}
	none, err := g.Certificates.Certificates(t.Context(), certadmin.Query{Search: "nobody@kunde.example", Most: 1})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{c, none, g.Mailboxes.Mailboxes(t.Context()), g.Health.Attention(t.Context())})
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestExplainForNobody: who is no mailbox of ours has nothing explained.
func TestExplainForNobody(t *testing.T) {
	g, _ := adminHouse(t)
	mail := "From: anna@kunde.example\r\nTo: bob@firma.example\r\n\r\nsecret\r\n"
	if _, err := g.Explainer.Explain(t.Context(), "anna@kunde.example", strings.NewReader(mail)); !errors.Is(err, admin.ErrNotOur) {
		t.Error(err)
	}
	e, err := g.Explainer.Explain(t.Context(), "bob@firma.example", strings.NewReader(mail))
	if err != nil || !strings.Contains(e.Drawing, "message from anna@kunde.example") || strings.Contains(e.Drawing, "secret") {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestPendingWantsAttention: a certificate that waits is said, and no longer once it is approved.
func TestPendingWantsAttention(t *testing.T) {
	pki := testpki.New(t)
	h := houseOf(t, pki, pki.Issue(testpki.Options{Addresses: []string{"bob@firma.example"}, Key: "rsa-2048"}))
	c := pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}).Certificate
	r := certstore.NewRecord(c, []string{"anna@kunde.example"}, certstore.Harvested, certstore.Pending, time.Now())
	if err := h.store.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	said := func() (n int64) {
		g := h.forAdmins() // which has counted nothing yet
		for _, a := range g.Health.Attention(t.Context()) {
			if a.Kind == admin.KindPending {
				n += a.Count
			}
		}
		return n
	}
	if n := said(); n != 1 {
		t.Errorf("before: %d", n)
	}
	fp := fmt.Sprintf("%x", r.Fingerprint)
	if err := h.forAdmins().Changes.Decide(t.Context(), "x", fp, certadmin.Approve, ""); err != nil {
		t.Fatal(err)
	}
	if n := said(); n != 0 {
		t.Errorf("after: %d", n)
	}
}

// TestCommandsAreRecorded: what a command decides beside the gateway that runs has a record, too.
func TestCommandsAreRecorded(t *testing.T) {
	t.Setenv("SUDO_USER", "eva")
	pki := testpki.New(t)
	h := houseOf(t, pki, pki.Issue(testpki.Options{Addresses: []string{"bob@firma.example"}, Key: "rsa-2048"}))
	running, err := h.openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	c, ok := control.Dial(controlSocket(h.cfg))
	if !ok {
		t.Fatal("nobody listens")
	}
	anna := pki.Issue(testpki.Options{Addresses: []string{"anna@kunde.example"}, Key: "rsa-2048"}).Certificate
	s := &commandStore{c, c.Record, nil}
	path := filepath.Join(t.TempDir(), "anna.crt")
	if err := os.WriteFile(path, anna.Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := newImporter(s, h.spool, "").run(t.Context(), []string{path}); err != nil {
		t.Fatal(err)
	}
	identity := certstore.Identity(anna)
	if err := s.SetState(t.Context(), identity, certstore.Blocked); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), identity); err != nil {
		t.Fatal(err)
	}
	fp := fmt.Sprintf("%x", sha256.Sum256(anna.Raw))
	want := []string{"command eva: block, it was active", "command eva: delete, it was blocked"}
	if got := history(t, h.forAdmins(), fp); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	all, err := c.Changes(t.Context(), journal.Question{Most: 10})
	if err != nil || len(all) != 3 || all[0].What != "import" || all[0].Text != "1 certificates of 1 files" {
		t.Fatalf("%+v, %v", all, err)
	}
	var printed strings.Builder
	printChanges(&printed, all[1:2])
	line := fmt.Sprintf(" by=\"command eva\" block %s anna@kunde.example text=\"it was active\"\n", fp)
	if !strings.HasSuffix(printed.String(), line) {
		t.Errorf("%q, want %q", printed.String(), line)
	}
}
