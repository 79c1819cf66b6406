package gateway

// This file bounds what look-ups may cost a message, and asks for revocation as
// the partner's rules demand it.

import (
	"context"
	"sync"
	"time"

	"sealgate/trust"
)

// judge is the Trust that the engine uses: the configured one within a message's
// time for look-ups.
type judge struct {
	Trust
	rules []Rule
}

// Check implements Trust.
func (t judge) Check(ctx context.Context, r trust.Request) trust.Result {
	if b, ok := ctx.Value(budgetKey{}).(*budget); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, b.deadline())
		defer cancel()
	}
	r.Revocation = t.policy(r)
	return t.Trust.Check(ctx, r)
}

// policy is the strictest of the rules that name the address as the partner's.
func (t judge) policy(r trust.Request) trust.Policy {
	p := r.Revocation
	for i := range t.rules {
		rule := &t.rules[i]
		if matchAddress(rule.Recipient, r.Address) && matchDomain(rule.Domain, r.Address) && policyRank[rule.Revocation] > policyRank[p] {
			p = rule.Revocation
		}
	}
	return p
}

var policyRank = map[trust.Policy]int{"": 0, trust.Off: 1, trust.Soft: 2, trust.Hard: 3}

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

// withBudget gives one message its time for look-ups.
func (g *Gateway) withBudget(ctx context.Context) context.Context {
	return context.WithValue(ctx, budgetKey{}, &budget{limit: g.o.Limits.LookUps})
}
