package certstore

// This file is the embedded store's keeping of the journal: one line a message, in the order of
// their times, each found by its terms, each gone when its time is over.

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// The bounds of a line, in octets and terms: three lists of 20 texts of 300 octets each are the
// most that a message brings.
const (
	MaxJournalText  = 64 << 10
	MaxJournalTerms = 128
)

// journalFree is how many octets of the disk a line must leave: a journal that grows must not take
// the room that the store needs to let mail pass.
const journalFree = 4 * minFree

// erasePage is how many lines are erased in one transaction.
const erasePage = 50

// Term is what a line is found by: the keyed hash of a word.
type Term [termSize]byte

const termSize = 16

// JournalLine is one line. What it says is its writer's.
type JournalLine struct {
	Time  time.Time
	Keep  time.Duration // at least a second
	Terms []Term
	Text  []byte
}

// JournalQuery asks for the lines that have all Terms.
type JournalQuery struct {
	Since  time.Time // zero: from the first one
	Until  time.Time // not itself; zero: to the last one
	Terms  []Term
	Most   int  // lines
	Oldest bool // when there are more than Most: the oldest, not the newest
}

// Journal keeps lines. A line that is lost is no fault of the store.
type Journal interface {
	// AppendJournal keeps lines, oldest first. No two have the same time: one that does not come
	// after the line before it gets the next nanosecond.
	AppendJournal(ctx context.Context, lines []JournalLine) error
	// FindJournal returns lines, oldest first.
	FindJournal(ctx context.Context, q JournalQuery) ([]JournalLine, error)
	// EraseJournal removes all lines that have the term, and says how many there were.
	EraseJournal(ctx context.Context, term Term) (int, error)
}

// ValidateLines tells whether a Journal may hold the lines. Every Journal calls it.
func ValidateLines(lines []JournalLine) error {
	for i := range lines {
		l := &lines[i]
		if len(l.Text) > MaxJournalText || len(l.Terms) > MaxJournalTerms || l.Keep < time.Second {
			return fmt.Errorf("%w: a line of the journal of %d octets with %d terms", ErrRecord, len(l.Text), len(l.Terms))
		}
	}
	return nil
}

// journalPrefix and termPrefix are where lines and their index begin.
var (
	journalPrefix = []byte("j")
	termPrefix    = []byte("t")
)

func journalKey(at uint64) []byte {
	return binary.BigEndian.AppendUint64(slices.Clone(journalPrefix), at)
}

// termKeys is where the index entries of a term begin.
func termKeys(term Term) []byte { return append(slices.Clone(termPrefix), term[:]...) }

func termKey(term Term, at uint64) []byte { return binary.BigEndian.AppendUint64(termKeys(term), at) }

// EncodeLine is the number of terms in two octets, the terms, and the text.
func EncodeLine(l *JournalLine) []byte {
	value := binary.BigEndian.AppendUint16(nil, uint16(len(l.Terms)))
	for _, term := range l.Terms {
		value = append(value, term[:]...)
	}
	return append(value, l.Text...)
}

func decodeLine(key, value []byte) (*JournalLine, error) {
	if len(key) != len(journalPrefix)+8 {
		return nil, errLine
	}
	return DecodeLine(time.Unix(0, int64(binary.BigEndian.Uint64(key[len(journalPrefix):]))), value)
}

var errLine = errors.New("certstore: a line of the journal is damaged")

// DecodeLine reads what EncodeLine wrote of a line of this time.
func DecodeLine(at time.Time, value []byte) (*JournalLine, error) {
	if len(value) < 2 {
		return nil, errLine
	}
	n := int(binary.BigEndian.Uint16(value))
	rest := value[2:]
	if n > MaxJournalTerms || len(rest) < n*termSize {
		return nil, errLine
	}
	l := &JournalLine{Time: at}
	for ; n > 0; n-- {
		l.Terms = append(l.Terms, Term(rest))
		rest = rest[termSize:]
	}
	l.Text = slices.Clone(rest)
	return l, nil
}

// AppendJournal implements Journal. The index is written before the line that it leads to: a kill
// leaves no line that an erasure would not find.
func (s *Badger) AppendJournal(_ context.Context, lines []JournalLine) error {
	if err := ValidateLines(lines); err != nil {
		return err
	}
	return s.writing(journalFree, func() error { return s.appendLines(lines) })
}

func (s *Badger) appendLines(lines []JournalLine) error {
	s.journal.Lock()
	defer s.journal.Unlock()
	batch := s.db.NewWriteBatch()
	defer batch.Cancel()
	for i := range lines {
		at := max(uint64(lines[i].Time.UnixNano()), s.lastLine+1)
		s.lastLine = at
		if err := setLine(batch, at, &lines[i]); err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
	}
	if err := batch.Flush(); err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}

func setLine(batch *badger.WriteBatch, at uint64, l *JournalLine) error {
	expires := uint64(time.Now().Add(l.Keep).Unix())
	if err := setTerms(batch, at, l.Terms, expires); err != nil {
		return err
	}
	return batch.SetEntry(&badger.Entry{Key: journalKey(at), Value: EncodeLine(l), ExpiresAt: expires})
}

// setTerms writes what leads to a line.
func setTerms(batch *badger.WriteBatch, at uint64, terms []Term, expires uint64) error {
	for _, term := range terms {
		if err := batch.SetEntry(&badger.Entry{Key: termKey(term, at), ExpiresAt: expires}); err != nil {
			return err
		}
	}
	return nil
}

// FindJournal implements Journal.
func (s *Badger) FindJournal(ctx context.Context, q JournalQuery) (lines []JournalLine, err error) {
	if q.Most < 1 {
		return nil, fmt.Errorf("certstore: a question for %d lines of the journal", q.Most)
	}
	err = s.view(func(tx *badger.Txn) error {
		return eachTime(tx, q, func(at uint64) (bool, error) {
			l, err := lineAt(tx, at)
			if errors.Is(err, ErrNotFound) { // it ran out just now
				return true, nil
			}
			if err != nil {
				return false, err
			}
			lines = append(lines, *l)
			return len(lines) < q.Most, ctx.Err()
		})
	})
	if !q.Oldest {
		slices.Reverse(lines)
	}
	return lines, err
}

// eachTime calls do for the times of the lines that have all terms, while it returns true: from the
// newest to the oldest, or the other way round.
func eachTime(tx *badger.Txn, q JournalQuery, do func(at uint64) (bool, error)) error {
	var prefixes [][]byte
	for _, term := range q.Terms {
		prefixes = append(prefixes, termKeys(term))
	}
	if len(prefixes) == 0 {
		prefixes = [][]byte{journalPrefix}
	}
	var all []*times
	for _, prefix := range prefixes {
		t := newTimes(tx, prefix, q.Oldest)
		defer t.it.Close()
		all = append(all, t)
	}
	first, last := q.Bounds()
	start := last
	if q.Oldest {
		start = first
	}
	for {
		at, known := common(all, start)
		if !known || at < first || at > last {
			return nil
		}
		more, err := do(at)
		if err != nil || !more {
			return err
		}
		all[0].it.Next()
	}
}

// common is the first time from one on that all have.
func common(all []*times, at uint64) (uint64, bool) {
	for agree := 0; agree < len(all); {
		for _, t := range all {
			found, known := t.reach(at)
			if !known {
				return 0, false
			}
			if found != at {
				at = found
				agree = 0
			}
			agree++
		}
	}
	return at, true
}

// times are those under one prefix, in one direction.
type times struct {
	it     *badger.Iterator
	prefix []byte
	oldest bool // first
	begun  bool
}

func newTimes(tx *badger.Txn, prefix []byte, oldest bool) *times {
	it := tx.NewIterator(badger.IteratorOptions{Prefix: prefix, Reverse: !oldest})
	return &times{it: it, prefix: prefix, oldest: oldest}
}

// reach goes on to a time, or to the next one after it. That one is near in most cases: to seek costs
// as much as many steps.
func (t *times) reach(at uint64) (found uint64, known bool) {
	if t.begun && t.it.Valid() && t.before(t.now(), at) {
		t.it.Next()
	}
	if !t.begun || t.it.Valid() && t.before(t.now(), at) {
		t.begun = true
		t.it.Seek(binary.BigEndian.AppendUint64(slices.Clone(t.prefix), at))
	}
	if !t.it.Valid() {
		return 0, false
	}
	return t.now(), true
}

// now is the time where it stands.
func (t *times) now() uint64 { return binary.BigEndian.Uint64(t.it.Item().Key()[len(t.prefix):]) }

// before reports whether a is passed on the way to b.
func (t *times) before(a, b uint64) bool {
	if t.oldest {
		return a < b
	}
	return a > b
}

// Bounds are the first and the last time that are meant.
func (q *JournalQuery) Bounds() (first, last uint64) {
	last = 1<<63 - 1
	if !q.Since.IsZero() {
		first = uint64(max(0, q.Since.UnixNano()))
	}
	if !q.Until.IsZero() {
		last = uint64(max(1, q.Until.UnixNano())) - 1
	}
	return first, last
}

func lineAt(tx *badger.Txn, at uint64) (*JournalLine, error) {
	key := journalKey(at)
	value, known, err := valueAt(tx, key)
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	if !known {
		return nil, ErrNotFound
	}
	return decodeLine(key, value)
}

// EraseJournal implements Journal.
func (s *Badger) EraseJournal(ctx context.Context, term Term) (erased int, err error) {
	for {
		lines, err := s.FindJournal(ctx, JournalQuery{Terms: []Term{term}, Most: erasePage})
		if err != nil || len(lines) == 0 {
			return erased, err
		}
		if err := s.update(func(tx *badger.Txn) error { return deleteLines(tx, lines) }); err != nil {
			return erased, fmt.Errorf("certstore: %w", err)
		}
		erased += len(lines)
	}
}

func deleteLines(tx *badger.Txn, lines []JournalLine) error {
	for _, l := range lines {
		at := uint64(l.Time.UnixNano())
		for _, term := range l.Terms {
			if err := tx.Delete(termKey(term, at)); err != nil {
				return err
			}
		}
		if err := tx.Delete(journalKey(at)); err != nil {
			return err
		}
	}
	return nil
}
