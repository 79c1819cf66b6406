package main

// This file is what somebody should look at.

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"sealgate/admin"
	"sealgate/internal/ownkeys"
)

// adminHealth is how the gateway does.
type adminHealth struct {
	*house
	started time.Time
}

// Ready implements admin.Health.
func (h adminHealth) Ready(ctx context.Context) []admin.Fault { return h.notReady(ctx) }

// Process implements admin.Health.
func (h adminHealth) Process() admin.Process {
	at, fault := h.lastLoad()
	return admin.Process{Version: version(), Started: h.started.UTC(), Reloaded: at.UTC(), Fault: fault}
}

// Attention implements admin.Health.
func (h adminHealth) Attention(ctx context.Context) []admin.Attention {
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
	slices.SortStableFunc(list, func(a, b admin.Attention) int { return cmp.Compare(rank(a.Level), rank(b.Level)) })
	return list
}

// rank orders levels, the worst first.
func rank(l ownkeys.Level) int {
	return slices.Index([]ownkeys.Level{ownkeys.Failure, ownkeys.Warning, ownkeys.Note}, l)
}
