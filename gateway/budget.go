package gateway

// This file bounds the time that all look-ups of one message take together: of certificates, and
// of what their authorities say.

import (
	"context"
	"sync"
	"time"

	"sealgate/gateway/lookup"
)

// budget is the time that all look-ups of one message have; it begins to run with
// the first of them.
type budget struct {
	limit time.Duration
	once  sync.Once
	end   time.Time
}

type budgetKey struct{}

func (b *budget) deadline() time.Time {
	b.once.Do(func() { b.end = time.Now().Add(b.limit) })
	return b.end
}

// withinBudget ends with the time that the message has for look-ups, if it has a bound.
func withinBudget(ctx context.Context) (context.Context, context.CancelFunc) {
	b, ok := ctx.Value(budgetKey{}).(*budget)
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, b.deadline())
}

// budgeted is a source that is asked while there is time; behind that it has not answered.
type budgeted struct{ lookup.Source }

// LookUp implements lookup.Source.
func (s budgeted) LookUp(ctx context.Context, addresses []string) map[string]lookup.Answer {
	ctx, cancel := withinBudget(ctx)
	defer cancel()
	if ctx.Err() != nil {
		return nil // it is not its silence
	}
	return s.Source.LookUp(ctx, addresses)
}
