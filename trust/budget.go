package trust

// This file says what a search for paths may cost, before crypto/x509 begins it: that
// takes no context.

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"sealgate/internal/effort"
)

// maxChecks is how many signatures crypto/x509 checks in one search
// (maxChainSignatureChecks there).
const maxChecks = 100

// maxAnswers is how many signatures by one authority its revocation services may make
// us check: one for each answer and list that is asked for.
const maxAnswers = maxOCSPURLs + maxPoints

// parseCost is what reading 1 KiB of a certificate costs, whose names may be many
// (BenchmarkParse).
const parseCost = 75 * time.Microsecond

// afford takes what reading the bag costs, as far as it is looked at.
func afford(ctx context.Context, bag [][]byte) error {
	octets := 0
	for _, der := range bag[:min(len(bag), maxIntermediates)] {
		if len(der) <= maxCertificate {
			octets += len(der)
		}
	}
	return effort.Spend(ctx, time.Duration(octets>>10)*parseCost)
}

// search is a search for paths, walked through by names alone: what crypto/x509 can
// do at most, since it follows an issuer's name and then checks the signature.
type search struct {
	authorities map[string][]*x509.Certificate // by subject
	checks      int
	cost        time.Duration
	most        time.Duration // of one check
}

// searchCost bounds what all signatures cost that a search from leaf may check.
func searchCost(leaf *x509.Certificate, authorities []*x509.Certificate) time.Duration {
	s := &search{authorities: map[string][]*x509.Certificate{}}
	for _, ca := range authorities {
		name := string(ca.RawSubject)
		s.authorities[name] = append(s.authorities[name], ca)
	}
	s.from(leaf, nil)
	if s.checks < maxChecks {
		return s.cost
	}
	for _, ca := range authorities { // which of them the checks are spent on, nobody knows
		s.most = max(s.most, effort.Verification(ca.PublicKey))
	}
	return maxChecks * s.most
}

func (s *search) from(c *x509.Certificate, below []*x509.Certificate) {
	chain := append(below, c)
	for _, ca := range s.authorities[string(c.RawIssuer)] {
		if contains(chain, ca) {
			continue
		}
		if s.checks++; s.checks >= maxChecks {
			return
		}
		s.cost += effort.Verification(ca.PublicKey)
		s.from(ca, chain)
	}
}

// rootsNamed are the roots that may vouch for an address and bear the name of an
// issuer in the list.
func (c *Checker) rootsNamed(addr string, list []*x509.Certificate) (found []*x509.Certificate) {
	issuers := map[string]bool{}
	for _, cert := range list {
		issuers[string(cert.RawIssuer)] = true
	}
	add := func(roots []*x509.Certificate) {
		for _, r := range roots {
			if issuers[string(r.RawSubject)] {
				found = append(found, r)
			}
		}
	}
	add(c.o.Roots)
	for _, p := range c.o.Partners {
		if p.covers(addr) {
			add(p.Roots)
		}
	}
	return found
}

// costly is the answer where judging ended before it came to one: by the message's
// cost, or by its time, which is a fault of ours.
func costly(err error) Result {
	if !errors.Is(err, effort.ErrSpent) {
		return Result{Status: Unchecked, Rule: RuleCost, Revocation: notChecked, Fault: err}
	}
	return Result{
		Status: Unchecked, Rule: RuleCost, Revocation: notChecked, Answered: AllAnswered(),
		Reason: "not judged: " + err.Error(), Remedy: RemedyCost,
	}
}

// RuleCost is the Rule of a certificate whose judging would cost more than one message
// may.
const RuleCost = "cost"

// RemedyCost is what helps against it.
const RemedyCost = "a mail with fewer signatures and certificates, or smaller keys"
