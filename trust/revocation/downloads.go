package revocation

// This file holds for a moment, in memory alone, what certificates that nobody has
// proved pointed to: the next signer of a mail, or the next mail of many, need not
// fetch it again. What proves useful goes into the pool (see Learn).

import (
	"crypto/x509"
	"sync"
	"time"
)

// maxDownloads bounds what is held: with maxKept for each, 1 MiB. Anybody can name
// URLs, so this must stay small, and nobody needs it for long.
const maxDownloads = 64

// maxKept bounds the octets of the authorities that are kept under one name.
const maxKept = 1 << 14

// downloads are what lay behind URLs a moment ago.
type downloads struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]download // by URL and name
}

type download struct {
	list  []*x509.Certificate
	until time.Time
}

// hold remembers a download for a while; one that is too large to be kept is not.
func (d *downloads) hold(key string, list []*x509.Certificate) {
	octets := 0
	for _, c := range list {
		octets += len(c.Raw)
	}
	if octets > maxKept {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) >= maxDownloads {
		clear(d.all)
	}
	d.all[key] = download{list, d.now().Add(pause)}
}

// find is what lay behind a URL a moment ago.
func (d *downloads) find(key string) []*x509.Certificate {
	d.mu.Lock()
	defer d.mu.Unlock()
	held := d.all[key]
	if d.now().After(held.until) {
		delete(d.all, key)
		return nil
	}
	return held.list
}
