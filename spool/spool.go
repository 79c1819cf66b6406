// Package spool keeps the octets of one message while it is worked on: in memory
// while it is small, then in an encrypted temporary file without a name.
package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Defaults of Options.
const (
	DefaultMemory = 4 << 20 // nearly all mails fit, which halves the work for one of 1 MiB
	DefaultLimit  = 2 << 30 // all messages under way together
)

// memoryShare is which part of the Limit may be in memory: an eighth, 256 MiB by
// default. When it is used up, new Files go to disk from their first octet.
const memoryShare = 8

// ErrFull says that the spool's limit is reached: answer 452.
var ErrFull = errors.New("spool: full: too many or too large messages at once")

// messageShare is which part of the Limit one message's layers may take together, and
// which part the compressed layers of all messages: a few octets become very many there,
// so whoever sends them must not take the room that others' ordinary mail needs.
const messageShare = 4

// ErrShare says that one message unfolds to more than its share: it is the message's
// fault, and others go on.
var ErrShare = errors.New("spool: one message unfolds to more than a quarter of the spool's limit")

// Options are the settings of a Spool.
type Options struct {
	Dir    string // for files beyond Memory; "" is the system's temporary folder
	Memory int64  // octets of one File kept in memory; 0: DefaultMemory
	Limit  int64  // octets of all Files together, an eighth of them in memory; 0: DefaultLimit
}

// Spool makes Files and counts their octets. It is safe for concurrent use.
type Spool struct {
	*shelf
	share    int64        // of the limit; 0: all of it
	taken    atomic.Int64 // of the share
	unfolded int64        // octets of shelf.unfolding that this message holds

	resting sync.Mutex // keeps rested
	rested  time.Time  // when a message that has unfolded began to work, or rested last
}

// shelf is what all Spools share that came from one New.
type shelf struct {
	o       Options
	used    atomic.Int64
	held    atomic.Int64 // octets of memory in open Files
	buffers sync.Pool    // of *[chunk]byte: ciphertext on its way to disk
	pieces  sync.Pool    // of *[piece]byte: wiped memory of closed Files

	unfolding *semaphore.Weighted // octets that compressed layers may become
	turns     *semaphore.Weighted // of messages that are at work on them
}

// New checks that the folder can be written and returns a Spool.
func New(o Options) (*Spool, error) {
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	f, err := unlinked(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("spool: cannot write to %s: %w", o.Dir, err)
	}
	s := &Spool{shelf: &shelf{o: o}}
	s.unfolding = semaphore.NewWeighted(o.Limit / messageShare)
	s.turns = semaphore.NewWeighted(turns())
	s.buffers.New = func() any { return new([chunk]byte) }
	s.pieces.New = func() any { return new([piece]byte) }
	return s, f.Close()
}

// Share returns a Spool for the layers of one message. Its Files count in s too, and
// may have a quarter of the limit together. The caller closes it after them.
func (s *Spool) Share() *Spool { return &Spool{shelf: s.shelf, share: s.o.Limit / messageShare} }

// Unfold waits until n octets are free for what the message's compressed layers become.
// They are its own until the share is closed, so further layers do not wait again. It is
// not safe for concurrent use, and does nothing to a Spool that is no share.
func (s *Spool) Unfold(ctx context.Context, n int64) error {
	n = min(n, s.share)
	if n <= 0 || s.unfolded > 0 {
		return nil
	}
	if err := s.unfolding.Acquire(ctx, n); err != nil {
		return err
	}
	s.unfolded = n
	s.rested = time.Now()
	return nil
}

// turns is how many messages may work at once on what they have unfolded: half of the
// processors are for the others.
func turns() int64 { return int64(max(1, runtime.GOMAXPROCS(0)/2)) }

// Turn waits until the message may work on what it has unfolded, and returns what ends
// that. A message that has unfolded nothing does not wait.
func (s *Spool) Turn(ctx context.Context) (end func(), err error) {
	if s.unfolded == 0 {
		return func() {}, nil
	}
	if err := s.turns.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { s.turns.Release(1) }, nil
}

// A message that has unfolded rests as long as it worked, after each such time: Go lets it
// keep a processor for 10 ms otherwise, and ordinary mail takes less from end to end.
const (
	workTime = time.Millisecond
	restTime = 4 * time.Millisecond // at most: what it waited for a processor is no work
)

// rest is called with each piece that is written or read.
func (s *Spool) rest() {
	if s.unfolded == 0 {
		return
	}
	s.resting.Lock()
	defer s.resting.Unlock()
	worked := time.Since(s.rested)
	if worked < workTime {
		return
	}
	time.Sleep(min(worked, restTime))
	s.rested = time.Now()
}

// Close gives back what Unfold took. It never fails.
func (s *Spool) Close() error {
	s.unfolding.Release(s.unfolded)
	s.unfolded = 0
	return nil
}

// Create returns an empty File. The caller closes it.
func (s *Spool) Create() *File { return &File{spool: s} }

// CreatePublic returns an empty File whose temporary file is not encrypted, for
// what is ciphertext already: a message that leaves encrypted.
func (s *Spool) CreatePublic() *File { return &File{spool: s, public: true} }

// Used is the number of octets in all open Files.
func (s *Spool) Used() int64 { return s.used.Load() }

// reserve counts n more octets, or refuses them.
func (s *Spool) reserve(n int64) error {
	if taken := s.taken.Add(n); s.share > 0 && taken > s.share {
		s.taken.Add(-n)
		return ErrShare
	}
	if s.used.Add(n) > s.o.Limit {
		s.release(n)
		return ErrFull
	}
	return nil
}

func (s *Spool) release(n int64) {
	s.taken.Add(-n)
	s.used.Add(-n)
}

// memory returns a piece, or nil when no more may be in memory.
func (s *Spool) memory() *[piece]byte {
	if s.held.Add(piece) > max(s.o.Limit/memoryShare, piece) {
		s.held.Add(-piece)
		return nil
	}
	return s.pieces.Get().(*[piece]byte)
}

// giveBack takes a wiped piece.
func (s *Spool) giveBack(m *[piece]byte) {
	s.held.Add(-piece)
	s.pieces.Put(m)
}
