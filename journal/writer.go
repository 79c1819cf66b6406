package journal

// This file writes the journal beside the mail: a bounded queue, one goroutine, in batches. What
// the store does not take in time is lost, counted and said; mail never waits for it.

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sealgate/certstore"
	"sealgate/gateway"
)

// maxQueued is how many messages wait to be written at most: some megabytes, and ten seconds of the
// mail of a fast gateway.
const maxQueued = 4096

// maxBatch is how many are written at once, and batchTime how long the first of them waits for the
// others: what a kill can lose.
const (
	maxBatch  = 256
	batchTime = time.Second
)

// sayTime is how often lost records are said at most.
const sayTime = time.Minute

// message is one that waits.
type message struct {
	entry  *gateway.Entry
	time   time.Time
	detail Detail
	keep   time.Duration
}

// Writer writes a Journal.
type Writer struct {
	journal *Journal
	log     *slog.Logger
	queue   chan message
	flush   chan chan struct{}
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once // closes stop

	lost  atomic.Int64 // since the start
	said  int64        // of them; of the goroutine alone
	next  time.Time    // before that nothing is said; of the goroutine alone
	cause error        // of the last failure; of the goroutine alone
}

// Start begins to write. The goroutine ends with Close.
func (j *Journal) Start(log *slog.Logger) *Writer {
	w := &Writer{
		journal: j, log: log, queue: make(chan message, maxQueued), flush: make(chan chan struct{}),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go w.run()
	return w
}

// Observer takes what becomes of each message, and keeps nobody waiting.
func (w *Writer) Observer(detail Detail, keep time.Duration) func(*gateway.Entry) {
	if detail == Off {
		return func(*gateway.Entry) {}
	}
	return func(e *gateway.Entry) {
		select {
		case w.queue <- message{e, time.Now(), detail, keep}:
		default:
			w.lost.Add(1)
		}
	}
}

// Lost is how many records were lost since the start.
func (w *Writer) Lost() int64 { return w.lost.Load() }

// Flush returns when what was observed before is written, or lost.
func (w *Writer) Flush(ctx context.Context) {
	written := make(chan struct{})
	select {
	case w.flush <- written:
	case <-w.done:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-written:
	case <-ctx.Done():
	}
}

// Find is the journal's, with what was observed before.
func (w *Writer) Find(ctx context.Context, q Question) ([]*Record, error) {
	w.Flush(ctx)
	return w.journal.Find(ctx, q)
}

// Keep is the journal's: it waits for nothing but the store.
func (w *Writer) Keep(ctx context.Context, c Change, detail Detail) error {
	return w.journal.Keep(ctx, c, detail)
}

// Changes is the journal's.
func (w *Writer) Changes(ctx context.Context, q Question) ([]*Change, error) {
	return w.journal.Changes(ctx, q)
}

// Erase is the journal's, with what was observed before.
func (w *Writer) Erase(ctx context.Context, address string) (int, error) {
	w.Flush(ctx)
	return w.journal.Erase(ctx, address)
}

// Close writes what waits, if the store takes it within that time. What is observed later is lost.
func (w *Writer) Close(patience time.Duration) {
	w.once.Do(func() { close(w.stop) })
	select {
	case <-w.done:
	case <-time.After(patience):
		w.log.Error("journal: the store does not take the last records; its disk may be full")
	}
}

func (w *Writer) run() {
	defer close(w.done)
	for {
		w.say(false)
		select {
		case m := <-w.queue:
			w.collect(m)
		case written := <-w.flush:
			w.drain()
			close(written)
		case <-time.After(sayTime):
		case <-w.stop:
			w.drain()
			w.say(true)
			return
		}
	}
}

// collect writes a message with those that come within batchTime.
func (w *Writer) collect(first message) {
	batch := []message{first}
	full := time.NewTimer(batchTime)
	defer full.Stop()
	for len(batch) < maxBatch {
		select {
		case m := <-w.queue:
			batch = append(batch, m)
			continue
		case <-full.C:
		case <-w.stop:
		case written := <-w.flush:
			w.write(batch)
			w.drain()
			close(written)
			return
		}
		break
	}
	w.write(batch)
}

// drain writes what waits at this moment.
func (w *Writer) drain() {
	for n := len(w.queue); n > 0; {
		batch := make([]message, 0, min(n, maxBatch))
		for len(batch) < cap(batch) {
			batch = append(batch, <-w.queue)
		}
		n -= len(batch)
		w.write(batch)
	}
}

// write gives a batch to the store, all or nothing.
func (w *Writer) write(batch []message) {
	lines := make([]certstore.JournalLine, 0, len(batch))
	for _, m := range batch {
		line, err := w.journal.line(m)
		if err != nil {
			w.lose(1, err)
			continue
		}
		lines = append(lines, line)
	}
	if err := w.journal.store.AppendJournal(context.Background(), lines); err != nil {
		w.lose(len(lines), err)
	}
}

func (w *Writer) lose(n int, cause error) {
	w.cause = cause
	w.lost.Add(int64(n))
}

// say tells the log of lost records, now and then.
func (w *Writer) say(last bool) {
	lost := w.lost.Load()
	now := time.Now()
	if lost == w.said || now.Before(w.next) && !last {
		return
	}
	cause := "the store is slower than the mail"
	if w.cause != nil {
		cause = w.cause.Error()
	}
	w.log.Warn("journal: records are lost, mail is not", "lost", lost-w.said, "since_start", lost, "cause", cause)
	w.said = lost
	w.next = now.Add(sayTime)
	w.cause = nil
}

// line is a message as the store keeps it.
func (j *Journal) line(m message) (certstore.JournalLine, error) {
	as := plain()
	if m.detail != Full {
		as = j.hashes.hashed()
	}
	r := newRecord(m.entry, as)
	text, err := r.encoded()
	if err == nil && len(text) > certstore.MaxJournalText {
		text, err = r.shortened().encoded()
	}
	if err != nil {
		return certstore.JournalLine{}, err
	}
	if len(text) > certstore.MaxJournalText {
		return certstore.JournalLine{}, fmt.Errorf("journal: a record of %d octets", len(text))
	}
	return certstore.JournalLine{Time: m.time, Keep: m.keep, Terms: j.hashes.terms(m.entry), Text: text}, nil
}
