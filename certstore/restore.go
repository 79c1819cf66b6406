package certstore

// This file makes an embedded store out of a backup, beside its place, and puts it there
// when it is whole.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/sys/unix"
)

// ErrOccupied says that there is a store where one is to be restored.
var ErrOccupied = errors.New("certstore: the folder has a store already")

// RestoreBadger makes the store o.Dir, which is empty or not there, out of a backup: all
// of it, or nothing.
func RestoreBadger(ctx context.Context, o BadgerOptions, in io.Reader) (*Summary, error) {
	if err := unoccupied(o.Dir); err != nil {
		return nil, err
	}
	return restore(ctx, o, in, func(built string) error {
		err := unix.Rename(built, o.Dir) // os.Rename refuses an empty folder, this one that is not
		if err != nil {
			return fmt.Errorf("certstore: %s: %w", o.Dir, err)
		}
		return nil
	})
}

// RestoreBadgerOver is RestoreBadger in the place of a store that nobody has open, which
// goes to the folder aside. After a kill the old store may be in its place still, and the
// new one in aside: neither is lost.
func RestoreBadgerOver(ctx context.Context, o BadgerOptions, in io.Reader, aside string) (*Summary, error) {
	if err := unoccupied(aside); err != nil {
		return nil, err
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	return restore(ctx, o, in, func(built string) error {
		if err := os.Rename(built, aside); err != nil {
			return fmt.Errorf("certstore: %w", err)
		}
		return exchange(aside, o.Dir)
	})
}

// restore builds the store beside its place, which put gives it.
func restore(ctx context.Context, o BadgerOptions, in io.Reader, put func(built string) error) (*Summary, error) {
	work, err := newWorkFolder(o.Dir + restoreSuffix)
	if err != nil {
		return nil, err
	}
	defer work.remove()
	target := o
	target.Dir = work.store()
	sum, err := build(ctx, target, in)
	if err != nil {
		return nil, err
	}
	if err := put(work.store()); err != nil {
		return nil, err
	}
	return sum, syncFolder(filepath.Dir(o.Dir))
}

// unoccupied refuses a folder that has anything in it.
func unoccupied(dir string) error {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("certstore: %w", err)
	case len(list) > 0:
		return fmt.Errorf("%w: %s", ErrOccupied, dir)
	}
	return nil
}

// build makes a store of a backup, on disk, and compares what it holds then.
func build(ctx context.Context, o BadgerOptions, in io.Reader) (*Summary, error) {
	begin := time.Now()
	sum, want, err := load(ctx, o, in, begin)
	if err != nil {
		return nil, err
	}
	s, err := OpenBadger(o)
	if err != nil {
		return nil, err
	}
	got := NewDigest(begin)
	err = s.eachEntry(ctx, got.Add)
	err = errors.Join(err, s.Close())
	if err != nil {
		return nil, err
	}
	if got.Sum() != want {
		return nil, errors.New("certstore: the new store does not hold what was written into it")
	}
	return sum, syncTree(o.Dir)
}

// comparedTime is how long a restore may take: what runs out within that time may be in the backup and
// not in the new store any more.
const comparedTime = 24 * time.Hour

// Digest is one of the entries in the order of their keys, but for cached answers, which not every
// driver has in its backup, and for what runs out soon: two stores with the same one keep the same.
type Digest struct {
	hash hash.Hash
	soon uint64 // second since 1970
}

// NewDigest is that of no entry. Those that are compared begin at the same moment.
func NewDigest(begin time.Time) *Digest {
	return &Digest{hash: sha256.New(), soon: uint64(begin.Add(comparedTime).Unix())}
}

// Add adds an entry.
func (d *Digest) Add(e *Entry) error {
	if e.Key[0] == KindAnswer || e.Expires != 0 && e.Expires <= d.soon {
		return nil
	}
	return writeEntry(d.hash, e)
}

// Sum is the digest of what was added until now.
func (d *Digest) Sum() [sha256.Size]byte { return [sha256.Size]byte(d.hash.Sum(nil)) }

// load writes a backup into a new store, and returns the digest of it.
func load(ctx context.Context, o BadgerOptions, in io.Reader, begin time.Time) (
	*Summary, [sha256.Size]byte, error,
) {
	digest := NewDigest(begin)
	if err := Room(filepath.Dir(o.Dir), restoreFree); err != nil {
		return nil, digest.Sum(), err
	}
	db, err := badger.Open(settings(o).WithSyncWrites(false)) // build brings it to the disk
	if err != nil {
		return nil, digest.Sum(), explain(o.Dir, err)
	}
	l := &loader{batch: db.NewWriteBatch(), dir: o.Dir, now: uint64(begin.Unix())}
	err = ReadBackup(in, func(e *Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := digest.Add(e); err != nil {
			return err
		}
		return l.write(e)
	})
	return &l.sum, digest.Sum(), errors.Join(l.finish(err), db.Close())
}

// loader writes the entries of a backup.
type loader struct {
	batch   *badger.WriteBatch
	dir     string
	now     uint64
	sum     Summary
	written int // octets since the disk was looked at
}

// diskStep is how many octets are written between two looks at the room on the disk, and
// restoreFree what must be free then: for what badger has not written yet (some 40 MiB in
// its tables and transactions), and for minFree.
const (
	diskStep    = 1 << 20
	restoreFree = 64 << 20
)

// finish writes what the batch holds, when nothing has gone wrong and nothing is missing.
func (l *loader) finish(err error) error {
	if err == nil {
		err = l.sum.Complete()
	}
	if err != nil {
		l.batch.Cancel()
		return err
	}
	if err := l.batch.Flush(); err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}

func (l *loader) write(e *Entry) error {
	r, err := l.sum.Add(e)
	if err != nil {
		return err
	}
	if e.Expires != 0 && e.Expires <= l.now {
		return nil
	}
	l.written += len(e.Key) + len(e.Value)
	if l.written >= diskStep {
		l.written = 0
		if err := Room(l.dir, restoreFree); err != nil {
			return err
		}
	}
	if r != nil {
		if err := setIndexes(l.batch, r); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(e.Key, journalPrefix) {
		if err := l.writeTerms(e); err != nil {
			return err
		}
	}
	if err := l.batch.SetEntry(&badger.Entry{Key: e.Key, Value: e.Value, ExpiresAt: e.Expires}); err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	return nil
}

// writeTerms makes the index of a line of the journal.
func (l *loader) writeTerms(e *Entry) error {
	line, err := decodeLine(e.Key, e.Value)
	if err != nil {
		return err
	}
	return setTerms(l.batch, uint64(line.Time.UnixNano()), line.Terms, e.Expires)
}
