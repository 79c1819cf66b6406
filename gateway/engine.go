package gateway

// This file builds the engine, and answers what the adapters ask of it.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sealgate/gateway/lookup"
	"sealgate/gateway/verdict"
	"sealgate/internal/effort"
	"sealgate/smime"
)

// Gateway is the engine. It is safe for concurrent use.
type Gateway struct {
	o      Options
	finder *lookup.Finder
}

// New checks that o is complete and returns the engine.
func New(o Options) (*Gateway, error) {
	if o.AuthservID == "" || o.Ring == nil || o.Trust == nil || o.Store == nil || o.Spool == nil || o.Log == nil {
		return nil, errors.New("gateway: AuthservID, Ring, Trust, Store, Spool and Log are all needed")
	}
	if err := o.words(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Headers.Prefix == "" {
		o.Headers.Prefix = "X-SMIME-"
	}
	limits := DefaultLimits()
	o.Limits.Expanded = cmp.Or(o.Limits.Expanded, limits.Expanded)
	o.Limits.Remember = cmp.Or(o.Limits.Remember, limits.Remember)
	o.Limits.LookUps = cmp.Or(o.Limits.LookUps, limits.LookUps)
	if o.Counters == nil {
		o.Counters = &Counters{}
	}
	o.Trust = decidedTrust{o.Trust, o.Rules, o.Store}
	finder := &lookup.Finder{
		Ring:    o.Ring,
		Sources: sources(&o),
		Trust:   o.Trust,
		Now:     o.Now,
		Log:     o.Log,
	}
	return &Gateway{o: o, finder: finder}, nil
}

// sources are all that can know a certificate, in their order.
func sources(o *Options) []lookup.Source {
	first, last := domainSources(o)
	elsewhere := func(list []lookup.Source) (decided []lookup.Source) {
		for _, s := range list {
			decided = append(decided, decidedSource{s, o, &lookup.Silence{}})
		}
		return decided
	}
	var asked []lookup.Source
	for _, s := range o.Sources {
		asked = append(asked, budgeted{s})
	}
	store := lookup.NewStore(o.Store, o.Now)
	return slices.Concat(elsewhere(first), []lookup.Source{store}, elsewhere(asked), elsewhere(last))
}

// Explain says which certificate a mail to an address would be encrypted for now, and why
// none of the others. The error is an address that cannot be read, or a source that does
// not answer.
func (g *Gateway) Explain(ctx context.Context, addr string) ([]lookup.Candidate, error) {
	return g.finder.Explain(g.withBudget(ctx), addr)
}

// withBudget gives one message its time for look-ups, and for operations with keys.
func (g *Gateway) withBudget(ctx context.Context) context.Context {
	ctx = effort.WithBudget(ctx)
	return context.WithValue(ctx, budgetKey{}, &budget{limit: g.o.Limits.LookUps})
}

// verdictOf judges a message by what the Gateway trusts, now. An error is our own fault.
func (g *Gateway) verdictOf(ctx context.Context, m *smime.Message, from string) (*verdict.Verdict, error) {
	v := verdict.Of(ctx, m, from, g.o.Trust, g.o.Now())
	if err := v.Fault(); err != nil {
		return nil, err
	}
	return v, nil
}
