package gateway

// This file is the certificates that encrypt mail for a whole domain, to the gateway that a
// partner has there (RFC 3183 §4): a source of certificates like any other.

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
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
func (s *domainSource) LookUp(_ context.Context, addresses []string) map[string]lookup.Answer {
	answers := make(map[string]lookup.Answer, len(addresses))
	for _, a := range addresses {
		answers[a] = lookup.Answer{Records: s.of(a), ForDomain: true, Answered: trust.AllAnswered()}
	}
	return answers
}

// of are the certificates for an address. One that an MTA may deliver to another domain has
// none.
func (s *domainSource) of(addr string) (list []*certstore.Record) {
	if address.IsRouted(addr) {
		return nil
	}
	for i := range s.rules {
		r := &s.rules[i]
		if !matchAddress(r.Recipient, addr) || !matchDomain(r.Domain, addr) {
			continue
		}
		for _, c := range r.Certificates {
			list = append(list, s.records[c])
		}
	}
	return list
}
