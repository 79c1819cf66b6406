package gateway

// This file asks what an admin has decided over certificates that come from elsewhere than the
// store: what is blocked there is blocked wherever it comes from.

import (
	"context"
	"errors"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
)

// decidedSource is a source of certificates, those that are blocked in the store marked as such.
type decidedSource struct {
	lookup.Source
	o       *Options
	silence *lookup.Silence // of the store
}

// LookUp implements lookup.Source.
func (s decidedSource) LookUp(ctx context.Context, addresses []string) map[string]lookup.Answer {
	answers := s.Source.LookUp(ctx, addresses)
	d := newDecisions(s.o.Store)
	for a, answer := range answers {
		if len(answer.Records) == 0 {
			continue
		}
		records, err := d.overAll(ctx, answer.Records)
		answered := s.silence.Answered("the certificate store", err, s.o.Now())
		if err != nil {
			answers[a] = lookup.Answer{Answered: answered}
			continue
		}
		answer.Records = records
		answers[a] = answer
	}
	return answers
}

// decisions are what an admin has decided over certificates: each is asked for once, however many
// addresses have it.
type decisions struct {
	store Store
	made  map[[32]byte]ruling // by identity
}

// ruling is whether a certificate is blocked, or why nobody knows.
type ruling struct {
	blocked bool
	err     error
}

func newDecisions(s Store) decisions { return decisions{s, make(map[[32]byte]ruling)} }

// overAll are the records as an admin has left them.
func (d decisions) overAll(ctx context.Context, list []*certstore.Record) (decided []*certstore.Record, err error) {
	for _, r := range list {
		blocked, err := d.blocks(ctx, r.Identity)
		if err != nil {
			return nil, err
		}
		if blocked {
			own := *r
			own.State = certstore.Blocked
			r = &own
		}
		decided = append(decided, r)
	}
	return decided, nil
}

// blocks reports whether a certificate is blocked.
func (d decisions) blocks(ctx context.Context, identity [32]byte) (bool, error) {
	made, known := d.made[identity]
	if !known {
		record, err := d.store.ByIdentity(ctx, identity)
		switch {
		case errors.Is(err, certstore.ErrNotFound):
		case err != nil:
			made.err = err
		default:
			made.blocked = record.State == certstore.Blocked
		}
		d.made[identity] = made
	}
	return made.blocked, made.err
}
