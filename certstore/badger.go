package certstore

// This file opens the embedded store.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/ristretto/v2/z"
	"golang.org/x/sys/unix"
)

// BadgerOptions are the settings of the embedded store.
type BadgerOptions struct {
	Dir string
	Key []byte // 16, 24 or 32 octets: the store is encrypted at rest; nil: it is not
	Log *slog.Logger

	Cache       CacheBounds // of each cache; zero: DefaultCacheBounds
	MaxContents int64       // 0: DefaultMaxContents

	locked bool // by lockFolder, for a rekey
}

// Sizes for a small resident store: records are about 2 KiB, and thousands of
// contacts are the rule, not millions.
const (
	memTable   = 8 << 20
	valueLog   = 64 << 20
	blockCache = 4 << 20
	indexCache = 4 << 20
	minFree    = 16 << 20 // octets that the disk must have left for a write
	gcInterval = time.Hour
	gcDiscard  = 0.5

	// verifyInterval: badger's look-ups do not tell a block that cannot be read from
	// a key that is not there, and "no certificate" may mean clear text.
	verifyInterval = 10 * time.Minute
)

// Badger is the embedded Store, for one gateway.
type Badger struct {
	db   *badger.DB
	dir  string
	mu   sync.Mutex            // one writer at a time: Put reads before it writes
	life sync.RWMutex          // held by every call, and by Close alone: badger must not be closed in use
	bad  atomic.Pointer[error] // set for good when the tables on disk are damaged, or closed
	once sync.Once
	stop chan struct{}
	done chan struct{}

	bounds CacheBounds

	maxContents int64
	contents    atomic.Int64 // content keys that are kept, or being written

	journal  sync.Mutex // guards lastLine
	lastLine uint64     // the time of the newest line that this process wrote, nanoseconds since 1970

	caching sync.Mutex          // one writer of answers at a time; guards caches
	caches  map[string]cacheUse // by name; one that is not there is not counted yet
}

// OpenBadger opens or creates the store. The error says what to do when another
// process has it open or the key is not the one it was made with.
func OpenBadger(o BadgerOptions) (*Badger, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	db, err := openDB(o)
	if err != nil {
		return nil, explain(o.Dir, err)
	}
	s := &Badger{
		db: db, dir: o.Dir, stop: make(chan struct{}), done: make(chan struct{}),
		bounds: cmp.Or(o.Cache, DefaultCacheBounds), caches: map[string]cacheUse{},
		maxContents: cmp.Or(o.MaxContents, DefaultMaxContents),
	}
	for _, check := range []func() error{s.verify, s.checkSchema, s.makeSecret, s.countContents} {
		if err := check(); err != nil {
			db.Close()
			return nil, err
		}
	}
	if !o.locked { // by the rekey itself
		if err := removeLeftOver(o.Dir); err != nil {
			badgerLog{o.Log}.Warningf("%v", err)
		}
	}
	go s.collect()
	return s, nil
}

// maxBegun is how many logs can have been begun when a process is killed: one of each kind.
const maxBegun = 2

// openDB opens badger's files. Whoever is killed just when a log begins leaves a file without an
// octet. Badger puts its header there and calls it a fault; the next time it is a log.
func openDB(o BadgerOptions) (*badger.DB, error) {
	db, err := badger.Open(settings(o))
	for range maxBegun {
		if err == nil || !strings.HasSuffix(err.Error(), z.NewFile.Error()) { // badger does not wrap it
			break
		}
		db, err = badger.Open(settings(o))
	}
	return db, err
}

func settings(o BadgerOptions) badger.Options {
	b := badger.DefaultOptions(o.Dir).WithSyncWrites(true).WithMemTableSize(memTable).WithNumMemtables(2).
		WithValueLogFileSize(valueLog).WithBlockCacheSize(blockCache).WithIndexCacheSize(indexCache).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithNumCompactors(2).WithCompression(options.Snappy).WithMetricsEnabled(false).WithLogger(badgerLog{o.Log}).
		WithBypassLockGuard(o.locked)
	if len(o.Key) > 0 {
		b = b.WithEncryptionKey(o.Key)
	}
	return b
}

// ErrKey says that a store was made with another key than the one given.
var ErrKey = errors.New("made with another key, or with none")

// CheckKey reports ErrKey for a store in dir that the key (nil: none) does not open. It may
// be open elsewhere.
func CheckKey(dir string, key []byte) error {
	_, err := badger.OpenKeyRegistry(badger.KeyRegistryOptions{Dir: dir, ReadOnly: true, EncryptionKey: key})
	if err != nil {
		return explain(dir, err)
	}
	return nil
}

// backupRemedy is what helps against a store that cannot be read. Without a backup its
// blocks and pins are lost.
const backupRemedy = "sealgate store restore --aside brings a backup back " +
	"(who has none moves the folder away: its blocks, its pins and what it remembers of mail are lost with it)"

// explain puts badger's common failures into words that help.
func explain(dir string, err error) error {
	text := err.Error()
	switch {
	case errors.Is(err, badger.ErrEncryptionKeyMismatch):
		return fmt.Errorf("certstore: %s was %w: give the store.key_file that it was made with; "+
			"sealgate store rekey changes to another one; if the key is lost, %s", dir, ErrKey, backupRemedy)
	case strings.Contains(text, "checksum") || strings.Contains(text, "initialize biggest"):
		return damaged(dir, err)
	case strings.Contains(text, "Cannot acquire directory lock"):
		return inUse(dir)
	}
	return fmt.Errorf("certstore: cannot open %s: %w", dir, err)
}

func damaged(dir string, err error) error {
	return fmt.Errorf("certstore: %s is damaged: %s: %w", dir, backupRemedy, err)
}

// collect frees the value log of what was overwritten, and looks after the tables,
// now and then.
func (s *Badger) collect() {
	defer close(s.done)
	collect := time.NewTicker(gcInterval)
	verify := time.NewTicker(verifyInterval)
	defer collect.Stop()
	defer verify.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-verify.C:
			_ = s.verify() // it has said so
		case <-collect.C:
			for s.db.RunValueLogGC(gcDiscard) == nil {
			}
		}
	}
}

// verify reads all tables; from the first damage on every call fails.
func (s *Badger) verify() error {
	err := s.checksums()
	if err == nil {
		return nil
	}
	err = damaged(s.dir, err)
	s.bad.Store(&err)
	s.db.Opts().Logger.Errorf("%v", err)
	return err
}

// checksums asks badger, which dereferences nil (v4.9.6) instead of telling which
// block it could not read.
func (s *Badger) checksums() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a block of a table cannot be read (%v)", p)
		}
	}()
	return s.db.VerifyChecksum()
}

// view reads. What cannot be read looks like a record that is lost, or makes badger
// panic, or looks like a key that is not there: at the first of the signs that can be
// seen all tables are looked at, before the next answer is one that cannot.
func (s *Badger) view(do func(*badger.Txn) error) (err error) {
	s.life.RLock()
	defer s.life.RUnlock()
	if bad := s.bad.Load(); bad != nil {
		return *bad
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("certstore: a table cannot be read (%v)", p)
		}
		if err == nil || errors.Is(err, ErrNotFound) {
			return
		}
		if bad := s.verify(); bad != nil {
			err = bad
		}
	}()
	return s.db.View(do)
}

// update writes, when there is room: badger writes into mapped files, and a page
// that the disk has no room for ends the whole process.
func (s *Badger) update(do func(*badger.Txn) error) error {
	return s.writing(minFree, func() error { return s.db.Update(do) })
}

// writing does what writes: not in a store that is closed, damaged, or on a disk with less
// free octets than that.
func (s *Badger) writing(free uint64, do func() error) error {
	s.life.RLock()
	defer s.life.RUnlock()
	if bad := s.bad.Load(); bad != nil {
		return *bad
	}
	if err := Room(s.dir, free); err != nil {
		return err
	}
	return do()
}

// Room refuses when the disk has less free octets than that.
func Room(dir string, octets uint64) error {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return fmt.Errorf("certstore: %s: %w", dir, err)
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < octets {
		return fmt.Errorf("certstore: the disk under %s is full (%d bytes free, %d needed): make room", dir, free, octets)
	}
	return nil
}

// Close flushes and closes the store, once.
func (s *Badger) Close() (err error) {
	s.once.Do(func() {
		close(s.stop)
		<-s.done
		s.life.Lock()
		defer s.life.Unlock()
		s.bad.Store(&errClosed)
		err = s.db.Close()
	})
	return err
}

var errClosed = errors.New("certstore: closed")

// badgerLog passes badger's warnings on and drops its chatter.
type badgerLog struct{ log *slog.Logger }

func (l badgerLog) Errorf(f string, v ...any)   { l.say(slog.LevelError, f, v...) }
func (l badgerLog) Warningf(f string, v ...any) { l.say(slog.LevelWarn, f, v...) }
func (l badgerLog) Infof(string, ...any)        {}
func (l badgerLog) Debugf(string, ...any)       {}

func (l badgerLog) say(level slog.Level, f string, v ...any) {
	if l.log != nil {
		l.log.Log(context.Background(), level, "badger", "message", strings.TrimSpace(fmt.Sprintf(f, v...)))
	}
}
