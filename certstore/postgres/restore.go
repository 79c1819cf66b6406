package postgres

// This file makes a store of a backup, part by part: who is cut off goes on among the certificates and
// content keys where it was, and writes anew what runs out: the source may have run meanwhile.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"sealgate/certstore"
)

// metaRestore is the name of how far a restore has come: the digest of the certificates and content keys
// that are written, and the key of the last one.
const metaRestore = "restore"

// The size of one transaction.
const (
	restoreEntries = 500
	restoreOctets  = 4 << 20
)

var (
	// ErrUnfinished says that a restore was cut off: some of the blocks may be missing.
	ErrUnfinished = errors.New("certstore: a restore into this database was cut off: run it once more, it goes on " +
		"where it was")
	errOther = errors.New("certstore: the restore that was cut off in this database was of another backup, or a " +
		"certificate or a content key has changed in the source since: drop what it has written (the tables " +
		"sealgate_*) and begin anew, or finish that one")
)

// Restore makes the store in an empty database out of a backup. No gateway runs with it. Of one that
// was cut off the same backup does the rest.
func Restore(ctx context.Context, o Options, in io.Reader) (*certstore.Summary, error) {
	o.restoring = true
	s, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	done, err := s.beginRestore(ctx)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	l := &loader{store: s, digest: certstore.NewDigest(begin), now: uint64(begin.Unix()), done: done, progress: done}
	if err := certstore.ReadBackup(in, func(e *certstore.Entry) error { return l.add(ctx, e) }); err != nil {
		return nil, err
	}
	if err := l.finish(ctx); err != nil {
		return nil, err
	}
	got := certstore.NewDigest(begin)
	if err := s.eachEntry(ctx, got.Add); err != nil {
		return nil, err
	}
	if got.Sum() != l.digest.Sum() {
		return nil, errors.New("certstore: the new store does not hold what was written into it")
	}
	return &l.sum, s.do(ctx, deleteMeta, metaRestore)
}

// beginRestore returns how far an earlier restore has come. What that one has written of what runs out goes:
// in the source it may have changed meanwhile, or been erased.
func (s *Store) beginRestore(ctx context.Context) (done []byte, err error) {
	done, begun, err := s.meta(ctx, metaRestore)
	if err != nil {
		return nil, err
	}
	if begun {
		return done, s.purgeUntil(ctx, math.MaxInt64)
	}
	if err := s.unoccupied(ctx); err != nil {
		return nil, err
	}
	return []byte{}, s.do(ctx, setMeta, metaRestore, []byte{})
}

// finished refuses a database into which a restore was cut off.
func (s *Store) finished(ctx context.Context) error {
	_, begun, err := s.meta(ctx, metaRestore)
	if err == nil && begun {
		err = ErrUnfinished
	}
	return err
}

// unoccupied refuses a database that keeps anything. A secret alone was made by Open.
func (s *Store) unoccupied(ctx context.Context) error {
	none := errors.New("there is one")
	first := func(*certstore.Entry) error { return none }
	for _, each := range []func(context.Context, func(*certstore.Entry) error) error{
		s.eachContent, s.eachRecord, s.eachLine, s.eachMemory,
	} {
		err := each(ctx, first)
		if errors.Is(err, none) {
			return certstore.ErrOccupied
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loader writes the entries of a backup.
type loader struct {
	store  *Store
	digest *certstore.Digest // of all entries until now
	now    uint64
	done   []byte // how far an earlier restore has come; empty: it has not, or we are beyond that
	sum    certstore.Summary

	batch    rows
	octets   int    // of the entries in it
	progress []byte // how far this one has come when it is written
}

// add takes one entry. What an earlier restore has written is not written again.
func (l *loader) add(ctx context.Context, e *certstore.Entry) error {
	r, err := l.sum.Add(e)
	if err != nil {
		return err
	}
	written, err := l.passes(e)
	if err != nil {
		return err
	}
	if err := l.digest.Add(e); err != nil || written {
		return err
	}
	if isLasting(e) {
		sum := l.digest.Sum()
		l.progress = append(sum[:], e.Key...)
	}
	l.octets += len(e.Key) + len(e.Value)
	if e.Expires == 0 || e.Expires > l.now {
		if err := l.store.queue(&l.batch, e, r); err != nil {
			return err
		}
	}
	if l.batch.entries < restoreEntries && l.octets < restoreOctets {
		return nil
	}
	return l.write(ctx)
}

// isLasting reports whether an entry is a certificate or a content key. They are most of a store, stand
// before all else in a backup, and never run out.
func isLasting(e *certstore.Entry) bool {
	return e.Expires == 0 && (e.Key[0] == certstore.KindContent || e.Key[0] == certstore.KindRecord)
}

// passes reports whether an entry was written by an earlier restore. At the first one that was not it
// sees whether those before it are the same.
func (l *loader) passes(e *certstore.Entry) (bool, error) {
	if len(l.done) == 0 {
		return false, nil
	}
	sum := l.digest.Sum()
	if isLasting(e) && bytes.Compare(e.Key, l.done[len(sum):]) <= 0 {
		return true, nil
	}
	if !bytes.Equal(sum[:], l.done[:len(sum)]) {
		return false, errOther
	}
	l.done = nil
	return false, nil
}

// write writes what has come together, and how far that is, in one transaction.
func (l *loader) write(ctx context.Context) error {
	err := l.store.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := l.batch.write(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, setMeta, metaRestore, l.progress)
		return err
	})
	l.batch = rows{}
	l.octets = 0
	return err
}

// finish writes the rest, when nothing is missing.
func (l *loader) finish(ctx context.Context) error {
	if err := l.sum.Complete(); err != nil {
		return err
	}
	if l.batch.entries == 0 {
		return nil
	}
	return l.write(ctx)
}

// rows are columns of rows that are written at once.
type rows struct {
	entries int

	records struct {
		identities, fingerprints, values [][]byte
		states                           []string
		proven, begins                   []int64
	}
	addresses struct{ hashes, identities [][]byte }
	contents  struct{ ids, values [][]byte }
	memories  struct {
		ids, values [][]byte
		expires     []int64
	}
	lines struct {
		values           [][]byte
		written, expires []int64
		writer           []byte
	}
	terms struct {
		terms   [][]byte
		written []int64
	}
	answers [][]any
	secret  []byte
}

// queue adds the rows of an entry; r is its record, if it is one.
func (s *Store) queue(b *rows, e *certstore.Entry, r *certstore.Record) error {
	b.entries++
	id := e.Key[1:]
	expires := int64(e.Expires) * 1000
	switch e.Key[0] {
	case certstore.KindRecord:
		s.queueRecord(b, e, r)
	case certstore.KindContent:
		b.contents.ids = append(b.contents.ids, id)
		b.contents.values = append(b.contents.values, s.sealer.seal(ofContent, id, e.Value))
	case certstore.KindMemory:
		b.memories.ids = append(b.memories.ids, id)
		b.memories.values = append(b.memories.values, s.sealer.seal(ofMemory, id, e.Value))
		b.memories.expires = append(b.memories.expires, expires)
	case certstore.KindLine:
		return s.queueLine(b, e, expires)
	case certstore.KindAnswer:
		b.answers = append(b.answers, s.answerRow(string(id), e.Value, expires))
	case certstore.KindSecret:
		b.secret = s.sealer.seal(ofMeta, []byte(metaSecret), e.Value)
	}
	return nil
}

func (s *Store) queueRecord(b *rows, e *certstore.Entry, r *certstore.Record) {
	t := &b.records
	t.identities = append(t.identities, r.Identity[:])
	t.fingerprints = append(t.fingerprints, r.Fingerprint[:])
	t.states = append(t.states, string(r.State))
	t.proven = append(t.proven, r.ProofTime.UnixMicro())
	t.begins = append(t.begins, r.NotBefore.UnixMicro())
	t.values = append(t.values, s.sealer.seal(ofRecord, r.Identity[:], e.Value))
	for _, hash := range s.addresses(r) {
		b.addresses.hashes = append(b.addresses.hashes, hash)
		b.addresses.identities = append(b.addresses.identities, r.Identity[:])
	}
}

func (s *Store) queueLine(b *rows, e *certstore.Entry, expires int64) error {
	at := lineTime(e.Key[1:])
	l, err := certstore.DecodeLine(time.Unix(0, at), e.Value)
	if err != nil {
		return err
	}
	b.lines.writer = s.writer
	b.lines.written = append(b.lines.written, at)
	b.lines.expires = append(b.lines.expires, expires)
	b.lines.values = append(b.lines.values, s.sealer.seal(ofLine, lineID(at), e.Value))
	for _, term := range l.Terms {
		b.terms.terms = append(b.terms.terms, term[:])
		b.terms.written = append(b.terms.written, at)
	}
	return nil
}

// write writes all rows.
func (b *rows) write(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	if t := &b.records; len(t.identities) > 0 {
		batch.Queue(restoreRecords, t.identities, t.fingerprints, t.states, t.proven, t.begins, t.values)
		batch.Queue(restoreAddresses, b.addresses.hashes, b.addresses.identities)
	}
	if t := &b.contents; len(t.ids) > 0 {
		batch.Queue(insertContents, t.ids, t.values)
	}
	if t := &b.memories; len(t.ids) > 0 {
		batch.Queue(restoreMemories, t.ids, t.values, t.expires)
	}
	if t := &b.lines; len(t.written) > 0 {
		batch.Queue(insertLines, t.written, t.writer, t.values, t.expires)
		batch.Queue(insertTerms, b.terms.terms, b.terms.written)
	}
	for _, row := range b.answers {
		batch.Queue(setAnswer, row...)
	}
	if b.secret != nil {
		batch.Queue(setMeta, metaSecret, b.secret)
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("a part of the backup: %w", err)
	}
	return nil
}
