package page

// This file counts logins that were refused: whoever guesses fills no journal, however long.

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sealgate/journal"
)

// refusedEvery is how often refused logins are recorded at most: the first at once, those that
// follow within that time together.
const refusedEvery = time.Minute

// maxTold is how many names and how many clients one record tells.
const maxTold = 3

// unknownName stands for every name that is no admin's: some type their password there.
const unknownName = "an unknown name"

// refusals are the logins refused since the last record.
type refusals struct {
	record func(journal.Change)
	after  func(time.Duration, func()) // calls a function later

	mu      sync.Mutex
	isOpen  bool     // a record was kept a short while ago; guarded by mu, as all below
	count   int      // since that record
	names   []string // that were tried
	clients []string // that tried them
}

func newRefusals(record func(journal.Change)) *refusals {
	return &refusals{record: record, after: func(d time.Duration, do func()) { time.AfterFunc(d, do) }}
}

// add counts one, and records the first.
func (r *refusals) add(name, client string) {
	r.mu.Lock()
	r.count++
	r.names = told(r.names, name)
	r.clients = told(r.clients, client)
	isFirst := !r.isOpen
	r.isOpen = true
	r.mu.Unlock()
	if isFirst {
		r.next()
	}
}

// next records those that were counted, and comes again; when there was none, it ends.
func (r *refusals) next() {
	if r.flush() {
		r.after(refusedEvery, r.next)
	}
}

// flush records what was counted, and reports whether that was anything.
func (r *refusals) flush() bool {
	r.mu.Lock()
	count := r.count
	c := journal.Change{By: "somebody", What: "refused login", Text: fmt.Sprintf("%d as %s, from %s",
		count, strings.Join(r.names, ", "), strings.Join(r.clients, ", "))}
	r.isOpen = count > 0
	r.count = 0
	r.names = nil
	r.clients = nil
	r.mu.Unlock()
	if count > 0 {
		r.record(c)
	}
	return count > 0
}

// told is a list with one more, unless it is there already, or the list is long.
func told(list []string, one string) []string {
	const more = "others"
	switch {
	case slices.Contains(list, one) || slices.Contains(list, more):
		return list
	case len(list) == maxTold:
		return append(list, more)
	}
	return append(list, one)
}
