package revocation

// This file keeps the CRLs in memory that are in use.

import (
	"slices"
	"sync"
	"time"
)

// Bounds of what is kept.
const (
	maxEntries = 1 << 20 // of all CRLs: 16 MiB
	maxLists   = 256
)

// lists are the CRLs in memory.
type lists struct {
	mu      sync.Mutex
	all     []namedList // the one used last at the end
	entries int
}

type namedList struct {
	key string
	*crl
}

// find is the list that was fetched last, and whether it need not be fetched anew.
func (l *lists) find(key string, now, at time.Time) (c *crl, current bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c = l.use(key)
	return c, c != nil && c.fresh(at) == nil && now.Before(c.refresh)
}

// last is the list that was had last, though it may no longer be fresh; nil if there is
// none, or if it is of a time to come.
func (l *lists) last(key string, at time.Time) *crl {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.use(key)
	if c == nil || c.this.After(at.Add(skew)) {
		return nil
	}
	return c
}

// renew keeps a list that was fetched now, unless the one before is newer: somebody on
// the way has kept an older one. It returns the list that holds.
func (l *lists) renew(key string, c *crl, now time.Time) *crl {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.use(key)
	if old != nil && c.this.Before(old.this) {
		c = old.clone()
	}
	c.refresh = refreshAt(now, c.next)
	l.add(key, c)
	return c
}

// use needs mu.
func (l *lists) use(key string) *crl {
	i := slices.IndexFunc(l.all, func(n namedList) bool { return n.key == key })
	if i < 0 {
		return nil
	}
	n := l.all[i]
	l.all = append(slices.Delete(l.all, i, i+1), n)
	return n.crl
}

// add needs mu.
func (l *lists) add(key string, c *crl) {
	l.all = slices.DeleteFunc(l.all, func(n namedList) bool {
		if n.key == key {
			l.entries -= len(n.entries)
		}
		return n.key == key
	})
	l.all = append(l.all, namedList{key, c})
	l.entries += len(c.entries)
	for len(l.all) > 1 && (l.entries > maxEntries || len(l.all) > maxLists) {
		l.entries -= len(l.all[0].entries)
		l.all = slices.Delete(l.all, 0, 1)
	}
}
