package revocation

// This file asks sources over the network: one request at a time for a key, none where
// one failed just now, and some in the background.

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"
)

// Fetcher gets what certificates name; *fetch.Client does.
type Fetcher interface {
	Get(ctx context.Context, url string, limit int64) ([]byte, error)
	Post(ctx context.Context, url, contentType string, body []byte, limit int64) ([]byte, error)
}

// Bounds of requests.
const (
	fetchTime    = 30 * time.Second // of one request; who waits may give up before
	maxRefreshes = 4                // at once in the background
)

// client asks for all who want to know.
type client struct {
	fetch    Fetcher // nil: nobody is asked
	log      *slog.Logger
	now      func() time.Time
	ctx      context.Context // of work in the background; it ends with the Sources
	failures *failures
	group    singleflight.Group
	refresh  chan struct{} // prefetches under way
}

// try makes one request, unless that of the same key failed just now.
func (c *client) try(key string, limit time.Duration, do func(context.Context) ([]byte, error)) ([]byte, error) {
	if c.fetch == nil {
		return nil, errors.New("no look-ups are made here")
	}
	if err := c.failures.failed(key); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.ctx, limit)
	defer cancel()
	data, err := do(ctx)
	if err != nil {
		c.failures.fail(key, err)
		return nil, err
	}
	c.failures.succeed(key)
	return data, nil
}

// prefetch does a look-up again before what is known has run out, when there is room.
func (c *client) prefetch(key string, do func() (any, error)) {
	select {
	case c.refresh <- struct{}{}:
	default:
		return
	}
	done := c.group.DoChan(key, do)
	go func() {
		<-done
		<-c.refresh
	}()
}
