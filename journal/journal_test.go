package journal

// This file writes records beside mail, and finds and erases them again.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
	"sealgate/gateway/verdict"
)

func openStore(t *testing.T, dir string) *certstore.Badger {
	t.Helper()
	s, err := certstore.OpenBadger(certstore.BadgerOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openJournal(t *testing.T, s Store) *Journal {
	t.Helper()
	j, err := Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// entry is a mail of anna to the support.
func entry(queueID string) *gateway.Entry {
	return &gateway.Entry{
		Direction: gateway.Inbound, QueueID: queueID, MessageID: "<" + queueID + "@kunde.example>", Client: "192.0.2.1",
		EnvelopeFrom: "bounces@kunde.example", EnvelopeTo: []string{"support@firma.example"},
		From: []string{"anna@kunde.example"}, Result: gateway.Accepted, Copies: 1, Time: 1500 * time.Microsecond,
		Signature: verdict.SignatureMismatch, Encryption: verdict.EncryptionNone,
		Reason:  "signed by eve@evil.example, not by anna@kunde.example.",
		Signers: []gateway.Signatory{{Address: "eve@evil.example", Fingerprint: "ab12", Status: verdict.SignatureMismatch}},
	}
}

// write observes entries and waits until they are written.
func write(t *testing.T, j *Journal, detail Detail, entries ...*gateway.Entry) {
	t.Helper()
	w := j.Start(slog.New(slog.DiscardHandler))
	observe := w.Observer(detail, time.Hour)
	for _, e := range entries {
		observe(e)
	}
	w.Close(10 * time.Second)
}

// ids are the queue ids of what a question finds.
func ids(t *testing.T, j *Journal, q Question) (list []string) {
	t.Helper()
	if q.Most == 0 {
		q.Most = MaxRecords
	}
	records, err := j.Find(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		list = append(list, r.QueueID)
	}
	return list
}

// TestFound: by each thing that an admin may know of a mail, in full and hashed.
func TestFound(t *testing.T) {
	for _, detail := range []Detail{Full, Hashed} {
		t.Run(string(detail), func(t *testing.T) {
			t.Parallel()
			j := openJournal(t, openStore(t, t.TempDir()))
			other := &gateway.Entry{
				Direction: gateway.Outbound, QueueID: "Q3", User: "Desk", EnvelopeFrom: "support@firma.example",
				EnvelopeTo: []string{"bert@b.example"}, Result: gateway.Rejected, Code: 550,
				Text: "no certificate for <carl@c.example>", EncryptedFor: []gateway.Recipient{{Address: "bert@b.example"}},
			}
			write(t, j, detail, entry("Q1"), entry("Q2"), other)
			for name, c := range map[string]struct {
				question Question
				want     string
			}{
				"all":                      {Question{}, "Q1 Q2 Q3"},
				"newest":                   {Question{Most: 1}, "Q3"},
				"oldest":                   {Question{Most: 1, Oldest: true}, "Q1"},
				"from":                     {Question{Address: "anna@kunde.example"}, "Q1 Q2"},
				"from, written otherwise":  {Question{Address: "<ANNA@Kunde.Example>"}, "Q1 Q2"},
				"envelope sender":          {Question{Address: "bounces@kunde.example"}, "Q1 Q2"},
				"signer":                   {Question{Address: "eve@evil.example"}, "Q1 Q2"},
				"recipient, sender":        {Question{Address: "support@firma.example"}, "Q1 Q2 Q3"},
				"in the text of the reply": {Question{Address: "carl@c.example"}, "Q3"},
				"user":                     {Question{Address: "desk"}, "Q3"},
				"nobody":                   {Question{Address: "nobody@firma.example"}, ""},
				"Message-ID":               {Question{MessageID: "<Q2@kunde.example>"}, "Q2"},
				"Message-ID, no brackets":  {Question{MessageID: "Q2@kunde.example"}, "Q2"},
				"queue id":                 {Question{QueueID: "Q1"}, "Q1"},
				"result":                   {Question{Verdict: "rejected"}, "Q3"},
				"signature":                {Question{Verdict: "mismatch"}, "Q1 Q2"},
				"two":                      {Question{Verdict: "accepted", Address: "anna@kunde.example", QueueID: "Q2"}, "Q2"},
				"future":                   {Question{Since: time.Now().Add(time.Hour)}, ""},
				"past":                     {Question{Until: time.Now().Add(-time.Hour)}, ""},
				"now":                      {Question{Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}, "Q1 Q2 Q3"},
			} {
				if got := strings.Join(ids(t, j, c.question), " "); got != c.want {
					t.Errorf("%s: %q, want %q", name, got, c.want)
				}
			}
		})
	}
}

func TestQuestionsAreBounded(t *testing.T) {
	j := openJournal(t, openStore(t, t.TempDir()))
	for most, fits := range map[int]bool{-1: false, 0: false, 1: true, MaxRecords: true, MaxRecords + 1: false} {
		if _, err := j.Find(context.Background(), Question{Most: most}); (err == nil) != fits {
			t.Errorf("%d records: %v", most, err)
		}
	}
}

// TestFullHasAll: the record has what the line in the log has, under the same names.
func TestFullHasAll(t *testing.T) {
	j := openJournal(t, openStore(t, t.TempDir()))
	e := entry("Q1")
	write(t, j, Full, e)
	records, err := j.Find(context.Background(), Question{Most: 1})
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	text, err := json.Marshal(records[0])
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	var line bytes.Buffer
	slog.New(slog.NewJSONHandler(&line, nil)).Info("message", slog.Any("", e))
	if err := errors.Join(json.Unmarshal(text, &got), json.Unmarshal(line.Bytes(), &want)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"level", "msg", "time"} {
		delete(want, name)
	}
	delete(got, "time")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v\nwant %v", got, want)
	}
	if since := time.Since(records[0].Time); since < 0 || since > time.Minute {
		t.Errorf("it was %v ago", since)
	}
}

// TestHashedNamesNobody: no address and no Message-ID stands in a hashed record, nor in the index.
func TestHashedNamesNobody(t *testing.T) {
	s := openStore(t, t.TempDir())
	write(t, openJournal(t, s), Hashed, entry("Q1"))
	var out bytes.Buffer
	if err := s.Backup(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "192.0.2.1") {
		t.Fatal("there is no record")
	}
	for _, name := range []string{"kunde.example", "firma.example", "evil.example", "anna", "support"} {
		if strings.Contains(out.String(), name) {
			t.Errorf("%q can be read", name)
		}
	}
}

// TestErased: who is erased is in no record any more, full or hashed, wherever he was named.
func TestErased(t *testing.T) {
	s := openStore(t, t.TempDir())
	j := openJournal(t, s)
	other := &gateway.Entry{QueueID: "Q3", EnvelopeFrom: "bert@b.example", Result: gateway.Accepted}
	write(t, j, Full, entry("Q1"), other)
	write(t, j, Hashed, entry("Q2"))
	if n, err := j.Erase(context.Background(), "Eve@evil.example"); n != 2 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	for _, q := range []Question{{}, {Verdict: "accepted"}} {
		if got := ids(t, j, q); !slices.Equal(got, []string{"Q3"}) {
			t.Errorf("%q are left", got)
		}
	}
	for _, q := range []Question{{Address: "anna@kunde.example"}, {QueueID: "Q1"}} {
		if got := ids(t, j, q); got != nil {
			t.Errorf("%q are left", got)
		}
	}
	if _, err := j.Erase(context.Background(), ""); !errors.Is(err, ErrQuestion) {
		t.Errorf("nobody: %v", err)
	}
}

// TestOff: nothing is kept.
func TestOff(t *testing.T) {
	j := openJournal(t, openStore(t, t.TempDir()))
	write(t, j, Off, entry("Q1"))
	if got := ids(t, j, Question{}); got != nil {
		t.Errorf("%q are kept", got)
	}
}

// TestFlush: what was observed can be found after it, without waiting for the rest of a batch.
func TestFlush(t *testing.T) {
	j := openJournal(t, openStore(t, t.TempDir()))
	w := j.Start(slog.New(slog.DiscardHandler))
	observe := w.Observer(Full, time.Hour)
	for i := range 2*maxBatch + 1 {
		observe(entry(fmt.Sprint(i)))
		if i%100 == 0 {
			w.Flush(context.Background())
			if got := len(ids(t, j, Question{})); got != i+1 {
				t.Errorf("%d records, want %d", got, i+1)
			}
		}
	}
	w.Close(10 * time.Second)
	w.Flush(context.Background())
	if got := len(ids(t, j, Question{})); got != 2*maxBatch+1 {
		t.Errorf("%d records", got)
	}
}

// stuckStore takes no line until it is let go, and fails then.
type stuckStore struct {
	Store
	entered chan struct{}
	letGo   chan struct{}
	once    sync.Once
}

func (s *stuckStore) AppendJournal(context.Context, []certstore.JournalLine) error {
	s.once.Do(func() { close(s.entered) })
	<-s.letGo
	return errors.New("the disk is full")
}

// TestStuckStoreDelaysNoMail: with a store that does not answer, what is observed waits for nothing;
// what is beyond the queue is lost, counted and said. One that fails loses what it was given.
func TestStuckStoreDelaysNoMail(t *testing.T) {
	s := &stuckStore{Store: openStore(t, t.TempDir()), entered: make(chan struct{}), letGo: make(chan struct{})}
	var log bytes.Buffer
	w := openJournal(t, s).Start(slog.New(slog.NewTextHandler(&log, nil)))
	observe := w.Observer(Full, time.Hour)
	observe(entry("first"))
	select {
	case <-s.entered:
	case <-time.After(10 * time.Second):
		t.Fatal("the store is given nothing")
	}
	done := make(chan struct{})
	go func() {
		for range maxQueued {
			observe(entry("Q"))
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("mail waits for the journal")
	}
	if n := w.lost.Load(); n != 0 {
		t.Errorf("%d are lost that the queue had room for", n)
	}
	observe(entry("one too many"))
	if n := w.lost.Load(); n != 1 {
		t.Errorf("%d are lost, want 1", n)
	}
	begun := time.Now()
	w.Close(100 * time.Millisecond)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the end waits %v for the store", took)
	}
	close(s.letGo)
	<-w.done
	if n := w.lost.Load(); n != maxQueued+2 {
		t.Errorf("%d are lost, want %d", n, maxQueued+2)
	}
	if text := log.String(); !strings.Contains(text, fmt.Sprint("since_start=", maxQueued+2)) ||
		!strings.Contains(text, "the disk is full") || strings.Count(text, "records are lost") > 3 {
		t.Errorf("the log says:\n%s", text)
	}
	observe(entry("after the end")) // nobody panics
}

// TestOneLargeRecordTakesNoneAlong: whoever sends a mail with many long names that JSON makes longer does not
// have the records of his neighbours refused; his own is kept, shortened if need be, and found.
func TestOneLargeRecordTakesNoneAlong(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"<", `"`} {
		j := openJournal(t, openStore(t, t.TempDir()))
		large := entry("Q2")
		name := strings.Repeat(letter, 287) + "@evil.example" // 300 octets, as the engine bounds it
		for range 20 {
			large.EnvelopeTo = append(large.EnvelopeTo, name)
			large.From = append(large.From, name)
			large.Named = append(large.Named, name)
			large.Signers = append(large.Signers, gateway.Signatory{Address: name, Fingerprint: strings.Repeat("a", 64)})
			large.EncryptedFor = append(large.EncryptedFor, gateway.Recipient{Address: name, Fingerprint: strings.Repeat("a", 64)})
		}
		large.Reason = name
		large.Closed = name
		large.Text = name
		write(t, j, Full, entry("Q1"), large, entry("Q3"))
		if got := strings.Join(ids(t, j, Question{}), " "); got != "Q1 Q2 Q3" {
			t.Errorf("%s: %q", letter, got)
		}
		if got := strings.Join(ids(t, j, Question{Address: name}), " "); got != "Q2" {
			t.Errorf("%s: by a name: %q", letter, got)
		}
	}
}

// TestRecordThatCannotBeShortenedIsLostAlone, and counted.
func TestRecordThatCannotBeShortenedIsLostAlone(t *testing.T) {
	t.Parallel()
	for octets, want := range map[int]string{
		certstore.MaxJournalText / 2: "Q1 Q2 Q3", certstore.MaxJournalText: "Q1 Q3",
	} {
		j := openJournal(t, openStore(t, t.TempDir()))
		w := j.Start(slog.New(slog.DiscardHandler))
		observe := w.Observer(Full, time.Hour)
		large := entry("Q2")
		large.Reason = strings.Repeat("x", octets)
		for _, e := range []*gateway.Entry{entry("Q1"), large, entry("Q3")} {
			observe(e)
		}
		w.Close(10 * time.Second)
		got := strings.Join(ids(t, j, Question{}), " ")
		if got != want || w.Lost() != int64(strings.Count("Q1 Q2 Q3", "Q")-strings.Count(want, "Q")) {
			t.Errorf("%d octets: %q, %d lost", octets, got, w.Lost())
		}
	}
}

// TestRecordIsTheLine: what stands in the line of the log stands in the record, under the same name.
func TestRecordIsTheLine(t *testing.T) {
	e := entry("Q1")
	e.User = "agent"
	e.Code = 550
	e.Text = "no"
	e.Token = gateway.TokenPolicy
	e.Rule = verdict.RuleFrom
	e.Orders = []string{"sign=yes"}
	e.Rules = []int{2}
	e.Closed = "closed"
	e.Layers = []string{"signed"}
	e.OpenedBy = []string{"ab"}
	e.Named = []string{"serial 1"}
	e.SignedBy = "cd"
	e.EncryptedFor = []gateway.Recipient{{Address: "a@b.example", Fingerprint: "ef"}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("message", slog.Any("", e))
	var line, record map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	text, err := newRecord(e, plain()).encoded()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	for _, frame := range []string{"time", "level", "msg"} {
		delete(line, frame)
	}
	if len(line) != reflect.TypeFor[gateway.Entry]().NumField()-1 { // but suspect
		t.Errorf("%d attributes in the line: %v", len(line), line)
	}
	if !reflect.DeepEqual(line, record) {
		t.Errorf("line %v\nrecord %v", line, record)
	}
}
