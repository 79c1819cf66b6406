package postgres

// This file keeps the journal of all gateways: one line a message, in the order of their times.

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// erasePage is how many lines are erased in one transaction.
const erasePage = 50

// mostTerms bounds a question: each term is one more table for the database to plan with.
const mostTerms = 12

// AppendJournal implements certstore.Journal.
func (s *Store) AppendJournal(ctx context.Context, lines []certstore.JournalLine) error {
	if err := certstore.ValidateLines(lines); err != nil {
		return err
	}
	if len(lines) == 0 {
		return nil
	}
	return s.inTurn(ctx, s.journal, func(ctx context.Context) error { return s.appendLines(ctx, lines) })
}

// appendLines gives lines their times and inserts them, in its turn.
func (s *Store) appendLines(ctx context.Context, lines []certstore.JournalLine) error {
	batch := slices.Clone(lines)
	for i := range batch {
		s.lastLine = max(batch[i].Time.UnixNano(), s.lastLine+1)
		batch[i].Time = time.Unix(0, s.lastLine)
	}
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for {
			taken, err := s.insertLines(ctx, tx, batch)
			if err != nil || len(taken) == 0 {
				return err
			}
			s.moveLines(batch, taken)
		}
	})
}

// moveLines gives lines whose time is that of another gateway's line a time that nobody has had.
func (s *Store) moveLines(batch []certstore.JournalLine, taken map[int64]bool) {
	for i := range batch {
		if taken[batch[i].Time.UnixNano()] {
			s.lastLine++
			batch[i].Time = time.Unix(0, s.lastLine)
		}
	}
}

// insertLines inserts lines and their terms, and returns the times that another gateway has a line of.
// What an earlier try has inserted stays as it is.
func (s *Store) insertLines(ctx context.Context, tx pgx.Tx, batch []certstore.JournalLine) (
	taken map[int64]bool, err error,
) {
	var written, expires []int64
	var sealed [][]byte
	for i := range batch {
		at := batch[i].Time.UnixNano()
		written = append(written, at)
		expires = append(expires, time.Now().Add(batch[i].Keep).UnixMilli())
		sealed = append(sealed, s.sealLine(at, &batch[i]))
	}
	done, err := tx.Exec(ctx, insertLines, written, s.writer, sealed, expires)
	if err != nil {
		return nil, err
	}
	if done.RowsAffected() < int64(len(batch)) {
		taken, err = s.foreignLines(ctx, tx, written)
		if err != nil {
			return nil, err
		}
	}
	var terms [][]byte
	var times []int64
	for i := range batch {
		if at := batch[i].Time.UnixNano(); !taken[at] {
			for _, term := range batch[i].Terms {
				terms = append(terms, term[:])
				times = append(times, at)
			}
		}
	}
	_, err = tx.Exec(ctx, insertTerms, terms, times)
	return taken, err
}

func (s *Store) foreignLines(ctx context.Context, tx pgx.Tx, written []int64) (map[int64]bool, error) {
	taken := map[int64]bool{}
	rows, err := tx.Query(ctx, selectForeign, written, s.writer)
	if err != nil {
		return nil, err
	}
	var at int64
	_, err = pgx.ForEachRow(rows, []any{&at}, func() error {
		taken[at] = true
		return nil
	})
	return taken, err
}

// FindJournal implements certstore.Journal.
func (s *Store) FindJournal(ctx context.Context, q certstore.JournalQuery) (
	lines []certstore.JournalLine, err error,
) {
	terms := slices.Clone(q.Terms)
	slices.SortFunc(terms, func(a, b certstore.Term) int { return bytes.Compare(a[:], b[:]) })
	terms = slices.Compact(terms)
	if q.Most < 1 || len(terms) > mostTerms {
		return nil, fmt.Errorf("certstore: a question for %d lines of the journal with %d terms", q.Most, len(terms))
	}
	first, last := q.Bounds()
	values := []any{time.Now().UnixMilli(), int64(first), int64(last), q.Most}
	for _, term := range terms {
		values = append(values, term[:])
	}
	err = s.ask(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, selectLines(len(terms), q.Oldest), values...)
		if err != nil {
			return err
		}
		lines, err = s.readLines(rows)
		return err
	})
	if !q.Oldest {
		slices.Reverse(lines)
	}
	return lines, err
}

func (s *Store) readLines(rows pgx.Rows) (lines []certstore.JournalLine, err error) {
	var at int64
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&at, &sealed}, func() error {
		l, err := s.openLine(at, sealed)
		if err != nil {
			return err
		}
		lines = append(lines, *l)
		return nil
	})
	return lines, err
}

// EraseJournal implements certstore.Journal.
func (s *Store) EraseJournal(ctx context.Context, term certstore.Term) (erased int, err error) {
	for {
		lines, err := s.FindJournal(ctx, certstore.JournalQuery{Terms: []certstore.Term{term}, Most: erasePage})
		if err != nil || len(lines) == 0 {
			return erased, err
		}
		if err := s.removeLines(ctx, lines); err != nil {
			return erased, err
		}
		erased += len(lines)
	}
}

// removeLines deletes lines with their terms.
func (s *Store) removeLines(ctx context.Context, lines []certstore.JournalLine) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		var written []int64
		for i := range lines {
			at := lines[i].Time.UnixNano()
			written = append(written, at)
			var terms [][]byte
			for _, term := range lines[i].Terms {
				terms = append(terms, term[:])
			}
			batch.Queue(deleteTerms, terms, at)
		}
		batch.Queue(deleteLines, written)
		return tx.SendBatch(ctx, batch).Close()
	})
}

func lineID(at int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(at)) }

func lineTime(id []byte) int64 { return int64(binary.BigEndian.Uint64(id)) }

func (s *Store) sealLine(at int64, l *certstore.JournalLine) []byte {
	return s.sealer.seal(ofLine, lineID(at), certstore.EncodeLine(l))
}

func (s *Store) openLine(at int64, sealed []byte) (*certstore.JournalLine, error) {
	value, err := s.sealer.open(ofLine, lineID(at), sealed)
	if err != nil {
		return nil, err
	}
	return certstore.DecodeLine(time.Unix(0, at), value)
}
