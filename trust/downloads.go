package trust

// This file holds for a moment, in memory alone, what certificates that nobody has
// proved pointed to: the next signer of a mail, or the next mail of many, need not
// fetch it again. What proves useful goes into the pool (see learn).

import (
	"crypto/x509"
	"time"
)

// maxDownloads bounds what is held: with maxKept for each, 1 MiB. Anybody can name
// URLs, so this must stay small, and nobody needs it for long.
const maxDownloads = 64

// download is what lay behind one URL.
type download struct {
	list  []*x509.Certificate
	until time.Time
}

// hold remembers a download for a while; one that is too large to be kept is not.
func (s *Sources) hold(key string, list []*x509.Certificate) {
	octets := 0
	for _, c := range list {
		octets += len(c.Raw)
	}
	if octets > maxKept {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.downloads) >= maxDownloads {
		clear(s.downloads)
	}
	s.downloads[key] = download{list, s.o.Now().Add(pause)}
}

// downloaded is what lay behind a URL a moment ago.
func (s *Sources) downloaded(key string) []*x509.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.downloads[key]
	if s.o.Now().After(d.until) {
		delete(s.downloads, key)
		return nil
	}
	return d.list
}
