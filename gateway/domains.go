package gateway

// This file is the certificates that encrypt mail for a whole domain, to the gateway that a
// partner has there (RFC 3183 §4): a source of certificates like any other.

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"slices"

	"sealgate/certstore"
	"sealgate/gateway/lookup"
	"sealgate/internal/address"
	"sealgate/trust"
)

// domainSource is the certificates of rules as a lookup.Source.
type domainSource struct {
	rules   []Rule
	records map[*x509.Certificate]*certstore.Record
	o       *Options
	silence lookup.Silence
}

// domainSources are asked before those of people, and behind them; none without a rule that has
// certificates.
func domainSources(o *Options) (first, last []lookup.Source) {
	for _, before := range []bool{true, false} {
		s := &domainSource{o: o, records: make(map[*x509.Certificate]*certstore.Record)}
		for i := range o.Rules {
			if r := &o.Rules[i]; r.Before == before && len(r.Certificates) > 0 {
				s.add(r)
			}
		}
		switch {
		case len(s.rules) == 0:
		case before:
			first = append(first, s)
		default:
			last = append(last, s)
		}
	}
	return first, last
}

// add takes in a rule, its newest certificate in front.
func (s *domainSource) add(r *Rule) {
	own := *r
	own.Certificates = slices.SortedStableFunc(slices.Values(r.Certificates), func(a, b *x509.Certificate) int {
		return cmp.Or(b.NotBefore.Compare(a.NotBefore), bytes.Compare(a.Raw, b.Raw))
	})
	for _, c := range own.Certificates {
		record := certstore.NewRecord(c, trust.Addresses(c), certstore.ByRule, certstore.Active, s.o.Now())
		record.Intermediates = r.Above
		s.records[c] = record
	}
	s.rules = append(s.rules, own)
}

// LookUp implements lookup.Source.
func (s *domainSource) LookUp(ctx context.Context, addresses []string) map[string]lookup.Answer {
	answers := make(map[string]lookup.Answer, len(addresses))
	d := decisions{store: s.o.Store, made: make(map[*certstore.Record]decided)}
	for _, a := range addresses {
		records, err := s.of(ctx, a, d)
		answers[a] = lookup.Answer{
			Records:   records,
			ForDomain: true,
			Answered:  s.silence.Answered("the certificate store", err, s.o.Now()),
		}
	}
	return answers
}

// of are the certificates for an address. One that an MTA may deliver to another domain has
// none.
func (s *domainSource) of(ctx context.Context, addr string, d decisions) (list []*certstore.Record, err error) {
	if address.IsRouted(addr) {
		return nil, nil
	}
	for i := range s.rules {
		r := &s.rules[i]
		if !matchAddress(r.Recipient, addr) || !matchDomain(r.Domain, addr) {
			continue
		}
		for _, c := range r.Certificates {
			record, err := d.over(ctx, s.records[c])
			if err != nil {
				return nil, err
			}
			list = append(list, record)
		}
	}
	return list, nil
}

// decisions are what an admin has decided over certificates: each is asked for once, however many
// addresses have it.
type decisions struct {
	store Store
	made  map[*certstore.Record]decided
}

// decided is a certificate as an admin has left it, or why nobody knows.
type decided struct {
	record *certstore.Record
	err    error
}

func (d decisions) over(ctx context.Context, r *certstore.Record) (*certstore.Record, error) {
	made, known := d.made[r]
	if !known {
		made.record, made.err = d.ask(ctx, r)
		d.made[r] = made
	}
	return made.record, made.err
}

// ask finds a certificate in the store, if it is there too.
func (d decisions) ask(ctx context.Context, r *certstore.Record) (*certstore.Record, error) {
	known, err := d.store.ByIdentity(ctx, r.Identity)
	switch {
	case errors.Is(err, certstore.ErrNotFound):
		return r, nil
	case err != nil:
		return nil, err
	case known.State != certstore.Blocked:
		return r, nil
	}
	blocked := *r
	blocked.State = certstore.Blocked
	return &blocked, nil
}
