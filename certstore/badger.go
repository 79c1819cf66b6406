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

	// Patience is how long after the start questions wait for a large store that is still being read;
	// 0: the start itself waits for it, as long as it takes.
	Patience time.Duration

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

	// startTime is how long the first look at the tables holds up the start where there is
	// Patience: with more than some 200,000 certificates it goes on beside the mail.
	startTime = time.Second
)

// ErrBeingRead says that a store is so large that it was not yet read whole since the start.
var ErrBeingRead = errors.New("certstore: the store is still being read after the start; " +
	"it answers when it was read whole")

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

	read     chan struct{} // closed when the tables have been read once since the start; nil: nobody waits for it
	deadline time.Time     // until then

	bounds CacheBounds
	secret [HashSize]byte

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
	read := make(chan struct{})
	go s.collect(read)
	if err := s.begin(read, o.Patience); err != nil {
		s.Close()
		return nil, err
	}
	if !o.locked { // by the rekey itself
		if err := removeLeftOver(o.Dir); err != nil {
			badgerLog{o.Log}.Warningf("%v", err)
		}
	}
	return s, nil
}

// begin waits for the first look at the tables, and makes what a new store needs.
func (s *Badger) begin(read chan struct{}, patience time.Duration) error {
	if patience == 0 {
		<-read
	}
	select {
	case <-read:
	case <-time.After(startTime):
		s.db.Opts().Logger.Warningf("the store is large: it is read beside the mail, and mail that needs it waits for that")
		if made, err := s.made(); err != nil || !made { // what a new store has not may lie where nobody can read it
			<-read
		}
	}
	for _, check := range []func() error{s.checkSchema, s.readSecret, s.countContents} {
		if err := check(); err != nil {
			return err
		}
	}
	s.read = read
	s.deadline = time.Now().Add(patience)
	return nil
}

// made reports whether this version of the program has made the store.
func (s *Badger) made() (bool, error) {
	version, err := s.schema()
	if err != nil || version != schemaVersion {
		return false, err
	}
	_, known, err := s.fetch(secretKey)
	return known, err
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

// collect looks after the tables, at once and now and then, and frees the value log of what was
// overwritten. It closes read after the first look.
func (s *Badger) collect(read chan<- struct{}) {
	defer close(s.done)
	_ = s.verify() // it has said so
	close(read)
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

// whole waits until all tables have been read since the start: before that "none" may be what lies in
// a block that cannot be read.
func (s *Badger) whole() error {
	if s.read == nil {
		return nil
	}
	select {
	case <-s.read:
		return nil
	default:
	}
	select {
	case <-s.read:
		return nil
	case <-s.stop:
		return errClosed
	case <-time.After(time.Until(s.deadline)):
		return ErrBeingRead
	}
}

// fault is that the tables are damaged, or closed.
func (s *Badger) fault() error {
	if bad := s.bad.Load(); bad != nil {
		return *bad
	}
	return nil
}

// view reads what may not be taken for "none" by mistake.
func (s *Badger) view(do func(*badger.Txn) error) error {
	if err := s.whole(); err != nil {
		return err
	}
	return s.look(do)
}

// update changes what it has read.
func (s *Badger) update(do func(*badger.Txn) error) error {
	if err := s.whole(); err != nil {
		return err
	}
	return s.transact(do)
}

// look reads. What cannot be read looks like a record that is lost, or makes badger
// panic, or looks like a key that is not there: at the first of the signs that can be
// seen all tables are looked at, before the next answer is one that cannot.
func (s *Badger) look(do func(*badger.Txn) error) (err error) {
	s.life.RLock()
	defer s.life.RUnlock()
	if err := s.fault(); err != nil {
		return err
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

// transact writes, when there is room: badger writes into mapped files, and a page
// that the disk has no room for ends the whole process.
func (s *Badger) transact(do func(*badger.Txn) error) error {
	return s.writing(minFree, func() error { return s.db.Update(do) })
}

// writing does what writes: not in a store that is closed, damaged, or on a disk with less
// free octets than that.
func (s *Badger) writing(free uint64, do func() error) error {
	s.life.RLock()
	defer s.life.RUnlock()
	if err := s.fault(); err != nil {
		return err
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

func (l badgerLog) Errorf(f string, v ...any) { l.say(slog.LevelError, f, v...) }
func (l badgerLog) Warningf(f string, v ...any) {
	// All tables are read through its cache, so that it advises a larger one.
	if strings.HasPrefix(f, "%s might be too small") || strings.HasPrefix(f, "Cache life expectancy") {
		return
	}
	l.say(slog.LevelWarn, f, v...)
}
func (l badgerLog) Infof(string, ...any)  {}
func (l badgerLog) Debugf(string, ...any) {}

func (l badgerLog) say(level slog.Level, f string, v ...any) {
	if l.log != nil {
		l.log.Log(context.Background(), level, "badger", "message", strings.TrimSpace(fmt.Sprintf(f, v...)))
	}
}
