package main

// This file is what somebody should look at.

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/ownkeys"
)

// How long an answer holds: each look connects to the next hops and judges all keys, and each count
// goes through the store.
const (
	attentionFor = 5 * time.Second
	pendingFor   = time.Minute
)

// adminHealth is how the gateway does.
type adminHealth struct {
	*house
	started time.Time

	mu        sync.Mutex // guards what follows; who asks meanwhile waits for the answer
	lookedAt  time.Time
	attention []admin.Attention
	countedAt time.Time
	pending   int64
}

// Ready implements admin.Health.
func (h *adminHealth) Ready(ctx context.Context) []admin.Fault { return h.notReady(ctx) }

// Process implements admin.Health.
func (h *adminHealth) Process() admin.Process {
	at, fault := h.lastLoad()
	return admin.Process{Version: version(), Started: h.started.UTC(), Reloaded: at.UTC(), Fault: fault}
}

// Attention implements admin.Health.
func (h *adminHealth) Attention(ctx context.Context) []admin.Attention {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.lookedAt) > attentionFor {
		h.attention = h.look(context.WithoutCancel(ctx))
		h.lookedAt = time.Now()
	}
	return slices.Clone(h.attention)
}

func (h *adminHealth) look(ctx context.Context) []admin.Attention {
	list := []admin.Attention{}
	for _, f := range h.notReady(ctx) {
		list = append(list, admin.Attention{
			Kind: admin.KindNotReady, Level: ownkeys.Failure, Object: f.Of, Cause: f.Why,
		})
	}
	for _, k := range h.keys(ctx) {
		for _, f := range k.Wrong {
			if f.Level != ownkeys.Note {
				list = append(list, admin.Attention{
					Kind: admin.KindKey, Level: f.Level, Object: strings.Join(k.Mailbox, " "), Cause: f.Cause, Remedy: f.Remedy,
				})
			}
		}
	}
	if n := h.counters.RepliesInClear.Load(); n > 0 {
		list = append(list, admin.Attention{Kind: admin.KindClearReplies, Level: ownkeys.Warning, Count: n})
	}
	if n := h.countPending(ctx); n > 0 {
		list = append(list, admin.Attention{Kind: admin.KindPending, Level: ownkeys.Warning, Count: n})
	}
	slices.SortStableFunc(list, func(a, b admin.Attention) int { return cmp.Compare(rank(a.Level), rank(b.Level)) })
	return list
}

// countPending counts the certificates that wait for a decision, as many as one page shows: of a store
// that does not answer none, which the faults say.
func (h *adminHealth) countPending(ctx context.Context) int64 {
	if time.Since(h.countedAt) > pendingFor {
		waiting := certadmin.Query{State: certstore.Pending, Most: certadmin.MaxPage}
		page, err := certadmin.Ask(ctx, h.store, waiting, time.Now(), nil)
		if err != nil {
			return 0
		}
		h.pending = int64(len(page.Certificates))
		h.countedAt = time.Now()
	}
	return h.pending
}

// rank orders levels, the worst first.
func rank(l ownkeys.Level) int {
	return slices.Index([]ownkeys.Level{ownkeys.Failure, ownkeys.Warning, ownkeys.Note}, l)
}
