package main

// This file counts what monitoring wants to know, whether somebody asks for it or not.

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sealgate/admin"
	"sealgate/directory"
	"sealgate/gateway"
	"sealgate/trust/revocation"
)

// newMetrics reads the house, which must be complete when somebody asks.
func (h *house) newMetrics() *admin.Metrics {
	return admin.NewMetrics(admin.Gauges{
		SpoolOctets:    h.spool.Used,
		SpoolLimit:     int64(h.cfg.Spool.Limit),
		StoreOctets:    func() int64 { return octetsOnDisk(h.cfg.Store.Dir) },
		Sessions:       h.sessions,
		SessionsLimit:  h.sessionsLimit,
		ClearReplies:   h.counters.RepliesInClear.Load,
		ReloadFailures: h.failed.Load,
		JournalLost:    h.journal.Lost,
		ExpiryMails:    func() int64 { return h.alerts.Sent.Load() },
		ExpiryFailures: func() int64 { return h.alerts.Failed.Load() },
		SilentPlaces:   h.probes.silent,
		KeysEnd: func() map[string]int64 {
			ends := map[string]int64{}
			for mailbox, end := range h.keysEnd() {
				ends[mailbox] = end.Unix()
			}
			return ends
		},
		Version: version(),
	})
}

// observe counts a message.
func (h *house) observe(e *gateway.Entry) {
	if h.metrics != nil { // check counts nothing
		h.metrics.Observe(e)
	}
}

// lookUps hears of questions to directories; nil where nothing is counted.
func (h *house) lookUps() directory.Observer {
	if h.metrics == nil {
		return nil
	}
	return h.metrics
}

// sessions are those of each listener.
func (h *house) sessions() map[string]int64 {
	return h.ofListeners(func(s sessionServer) int { return s.Sessions() })
}

// sessionsLimit is how many each listener takes.
func (h *house) sessionsLimit() map[string]int64 {
	return h.ofListeners(func(s sessionServer) int { return s.SessionsLimit() })
}

// sessionServer is a server of a listener; the HTTP side is none.
type sessionServer interface {
	Sessions() int
	SessionsLimit() int
}

func (h *house) ofListeners(number func(sessionServer) int) map[string]int64 {
	numbers := map[string]int64{}
	for _, s := range h.services {
		if server, ok := s.server.(sessionServer); ok {
			numbers[s.listener.Addr().String()] = int64(number(server))
		}
	}
	return numbers
}

// octetsOnDisk is what a folder takes of the disk: badger makes its files larger than what they hold.
func octetsOnDisk(dir string) (octets int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it has gone meanwhile
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			octets += stat.Blocks * 512 // stat(2)
		}
		return nil
	})
	return octets
}

// countedFetcher counts what is asked of authorities' services.
type countedFetcher struct {
	revocation.Fetcher
	metrics *admin.Metrics
}

// Get implements revocation.Fetcher: CRLs and certificates.
func (f countedFetcher) Get(ctx context.Context, url string, limit int64) ([]byte, error) {
	began := time.Now()
	data, err := f.Fetcher.Get(ctx, url, limit)
	f.metrics.Asked("http", len(data), err, time.Since(began))
	return data, err
}

// Post implements revocation.Fetcher: OCSP.
func (f countedFetcher) Post(
	ctx context.Context, url, contentType string, body []byte, limit int64,
) ([]byte, error) {
	began := time.Now()
	data, err := f.Fetcher.Post(ctx, url, contentType, body, limit)
	f.metrics.Asked("ocsp", len(data), err, time.Since(began))
	return data, err
}

// countedCache counts whether answers were kept.
type countedCache struct {
	revocation.Cache
	metrics *admin.Metrics
}

// CacheGet implements revocation.Cache.
func (c countedCache) CacheGet(ctx context.Context, key string) (value []byte, known bool, err error) {
	value, known, err = c.Cache.CacheGet(ctx, key)
	name, _, _ := strings.Cut(key, "/")
	c.metrics.Kept(name, known)
	return value, known, err
}
