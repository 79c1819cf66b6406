package revocation

// This file says what keeps answers beyond a restart.

import (
	"context"
	"time"
)

// Cache keeps answers beyond a restart, within bounds; certstore.Store does. A key is
// the name of a cache, a slash and the rest; each cache has bounds of its own.
type Cache interface {
	CachePut(ctx context.Context, key string, value []byte, ttl time.Duration) error
	CacheGet(ctx context.Context, key string) (value []byte, known bool, err error)
}
