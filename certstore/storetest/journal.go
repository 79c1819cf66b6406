package storetest

// This file holds what every certstore.Journal must do.

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"sealgate/certstore"
)

// RunJournal tests a Journal. open returns an empty one.
func RunJournal(t *testing.T, open func(t *testing.T) certstore.Journal) {
	for name, test := range map[string]func(*testing.T, certstore.Journal){
		"LinesComeBack":       journalComesBack,
		"LinesAreFound":       journalIsFound,
		"LinesOfOneTime":      journalOfOneTime,
		"LinesRunOut":         journalRunsOut,
		"LinesAreBounded":     journalIsBounded,
		"APersonIsErased":     journalErases,
		"ManyLinesAreErased":  journalErasesMany,
		"LinesAfterAnErasure": journalAfterErasure,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// noon is when the lines of these tests are written.
func noon() time.Time { return time.Now().Truncate(time.Hour) }

// Line is a line some seconds after another, with terms of one octet.
func Line(after int, text, terms string) certstore.JournalLine {
	l := certstore.JournalLine{
		Time: noon().Add(time.Duration(after) * time.Second), Keep: time.Hour, Text: []byte(text),
	}
	for _, c := range []byte(terms) {
		l.Terms = append(l.Terms, certstore.Term{c})
	}
	return l
}

func appendLines(t *testing.T, j certstore.Journal, lines ...certstore.JournalLine) {
	t.Helper()
	if err := j.AppendJournal(context.Background(), lines); err != nil {
		t.Fatal(err)
	}
}

// found are the texts of the lines that a question finds.
func found(t *testing.T, j certstore.Journal, q certstore.JournalQuery) (texts []string) {
	t.Helper()
	if q.Most == 0 {
		q.Most = 1000
	}
	lines, err := j.FindJournal(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		texts = append(texts, string(l.Text))
	}
	return texts
}

func terms(text string) []certstore.Term { return Line(0, "", text).Terms }

func journalComesBack(t *testing.T, j certstore.Journal) {
	want := Line(1, "one\x00\xff", "ab")
	appendLines(t, j, want, Line(2, "", ""))
	lines, err := j.FindJournal(context.Background(), certstore.JournalQuery{Most: 3})
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	got := lines[0]
	if !got.Time.Equal(want.Time) || !slices.Equal(got.Terms, want.Terms) || string(got.Text) != string(want.Text) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func journalIsFound(t *testing.T, j certstore.Journal) {
	appendLines(t, j, Line(1, "1", "ax"), Line(2, "2", "bx"), Line(3, "3", "a"), Line(4, "4", "ax"))
	at := func(after int) time.Time { return noon().Add(time.Duration(after) * time.Second) }
	for name, c := range map[string]struct {
		query certstore.JournalQuery
		want  []string
	}{
		"all":            {certstore.JournalQuery{}, []string{"1", "2", "3", "4"}},
		"newest":         {certstore.JournalQuery{Most: 2}, []string{"3", "4"}},
		"oldest":         {certstore.JournalQuery{Most: 2, Oldest: true}, []string{"1", "2"}},
		"since":          {certstore.JournalQuery{Since: at(3)}, []string{"3", "4"}},
		"until":          {certstore.JournalQuery{Until: at(3)}, []string{"1", "2"}},
		"between":        {certstore.JournalQuery{Since: at(2), Until: at(3), Oldest: true}, []string{"2"}},
		"nothing":        {certstore.JournalQuery{Since: at(3), Until: at(3)}, nil},
		"term":           {certstore.JournalQuery{Terms: terms("a")}, []string{"1", "3", "4"}},
		"term, newest":   {certstore.JournalQuery{Terms: terms("a"), Most: 1}, []string{"4"}},
		"term, oldest":   {certstore.JournalQuery{Terms: terms("a"), Most: 1, Oldest: true}, []string{"1"}},
		"terms":          {certstore.JournalQuery{Terms: terms("xa")}, []string{"1", "4"}},
		"terms, newest":  {certstore.JournalQuery{Terms: terms("ax"), Most: 1}, []string{"4"}},
		"terms, oldest":  {certstore.JournalQuery{Terms: terms("xa"), Most: 1, Oldest: true}, []string{"1"}},
		"terms, since":   {certstore.JournalQuery{Terms: terms("xa"), Since: at(2), Oldest: true}, []string{"4"}},
		"terms apart":    {certstore.JournalQuery{Terms: terms("ab")}, nil},
		"term and since": {certstore.JournalQuery{Terms: terms("a"), Since: at(2)}, []string{"3", "4"}},
		"term and until": {certstore.JournalQuery{Terms: terms("a"), Until: at(4)}, []string{"1", "3"}},
		"unknown":        {certstore.JournalQuery{Terms: terms("c")}, nil},
	} {
		if got := found(t, j, c.query); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, err := j.FindJournal(context.Background(), certstore.JournalQuery{}); err == nil {
		t.Error("a question for no lines has an answer")
	}
}

// journalOfOneTime: what happens at once, or after the clock was set back, is lost as little as the
// rest, and stays in its order.
func journalOfOneTime(t *testing.T, j certstore.Journal) {
	appendLines(t, j, Line(5, "1", "a"), Line(5, "2", "a"))
	appendLines(t, j, Line(5, "3", "a"), Line(1, "4", "a"))
	if got := found(t, j, certstore.JournalQuery{Terms: terms("a")}); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("%q", got)
	}
}

func journalRunsOut(t *testing.T, j certstore.Journal) {
	short := Line(1, "short", "a")
	short.Keep = time.Second
	appendLines(t, j, short, Line(2, "long", "a"))
	time.Sleep(2100 * time.Millisecond)
	if got := found(t, j, certstore.JournalQuery{}); !slices.Equal(got, []string{"long"}) {
		t.Errorf("%q", got)
	}
	if got := found(t, j, certstore.JournalQuery{Terms: terms("a")}); !slices.Equal(got, []string{"long"}) {
		t.Errorf("by a term: %q", got)
	}
}

func journalIsBounded(t *testing.T, j certstore.Journal) {
	most := Line(1, "", "")
	most.Text = make([]byte, certstore.MaxJournalText)
	most.Terms = make([]certstore.Term, certstore.MaxJournalTerms)
	most.Keep = time.Second
	appendLines(t, j, most)
	long, many, brief := most, most, most
	long.Text = make([]byte, certstore.MaxJournalText+1)
	many.Terms = make([]certstore.Term, certstore.MaxJournalTerms+1)
	brief.Keep = time.Second - 1
	for _, l := range []certstore.JournalLine{long, many, brief} {
		if err := j.AppendJournal(context.Background(), []certstore.JournalLine{l}); !errors.Is(err, certstore.ErrRecord) {
			t.Errorf("%d octets, %d terms, kept %v: %v", len(l.Text), len(l.Terms), l.Keep, err)
		}
	}
}

func journalErases(t *testing.T, j certstore.Journal) {
	appendLines(t, j, Line(1, "1", "ab"), Line(2, "2", "b"), Line(3, "3", "a"))
	for _, want := range []int{2, 0} {
		if n, err := j.EraseJournal(context.Background(), certstore.Term{'a'}); n != want || err != nil {
			t.Errorf("%d lines, %v, want %d", n, err, want)
		}
	}
	for _, q := range []certstore.JournalQuery{{}, {Terms: terms("b")}} {
		if got := found(t, j, q); !slices.Equal(got, []string{"2"}) {
			t.Errorf("%q", got)
		}
	}
}

func journalErasesMany(t *testing.T, j certstore.Journal) {
	var lines []certstore.JournalLine
	for i := range 333 {
		lines = append(lines, Line(i, "x", "ab"))
	}
	appendLines(t, j, lines...)
	if n, err := j.EraseJournal(context.Background(), certstore.Term{'a'}); n != len(lines) || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
	if got := found(t, j, certstore.JournalQuery{Terms: terms("b")}); got != nil {
		t.Errorf("%d are left", len(got))
	}
}

func journalAfterErasure(t *testing.T, j certstore.Journal) {
	appendLines(t, j, Line(1, "1", "a"))
	if _, err := j.EraseJournal(context.Background(), certstore.Term{'a'}); err != nil {
		t.Fatal(err)
	}
	appendLines(t, j, Line(2, "2", "a"))
	if got := found(t, j, certstore.JournalQuery{Terms: terms("a")}); !slices.Equal(got, []string{"2"}) {
		t.Errorf("%q", got)
	}
}
