package trust

// This file says what a search for paths may cost, before crypto/x509 begins it: that
// takes no context.

import (
	"context"
	"crypto/x509"
	"time"

	"sealgate/internal/effort"
	"sealgate/trust/authority"
)

// maxChecks is how many signatures crypto/x509 checks in one search
// (maxChainSignatureChecks there).
const maxChecks = 100

// parseCost is what reading 1 KiB of a certificate costs, whose names may be many
// (BenchmarkParse).
const parseCost = 75 * time.Microsecond

// afford takes what reading the bag costs, as far as it is looked at.
func afford(ctx context.Context, bag [][]byte) error {
	octets := 0
	for _, der := range bag[:min(len(bag), authority.MaxBag)] {
		if len(der) <= authority.MaxCertificate {
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

// searchCost bounds what all signatures cost that a search from leaf may check, and how
// many they are.
func searchCost(leaf *x509.Certificate, authorities []*x509.Certificate) (cost time.Duration, checks int) {
	s := &search{authorities: map[string][]*x509.Certificate{}}
	for _, ca := range authorities {
		name := string(ca.RawSubject)
		s.authorities[name] = append(s.authorities[name], ca)
	}
	s.from(leaf, nil)
	if s.checks < maxChecks {
		return s.cost, s.checks
	}
	for _, ca := range authorities { // which of them the checks are spent on, nobody knows
		s.most = max(s.most, authority.Cost(ca))
	}
	return maxChecks * s.most, maxChecks
}

func (s *search) from(c *x509.Certificate, below []*x509.Certificate) {
	chain := append(below, c)
	for _, ca := range s.authorities[string(c.RawIssuer)] {
		if authority.Contains(chain, ca) {
			continue
		}
		if s.checks++; s.checks >= maxChecks {
			return
		}
		s.cost += authority.Cost(ca)
		s.from(ca, chain)
	}
}
