package gateway

// This file asks trust as an admin has decided: blocked and pinned certificates, the
// policies of the partner's rules.

import (
	"context"
	"errors"
	"slices"

	"sealgate/certstore"
	"sealgate/gateway/verdict"
	"sealgate/trust"
)

// decidedTrust is the Trust that the engine uses: the configured one, and what an admin
// has decided.
type decidedTrust struct {
	verdict.Trust
	rules []Rule
	store Store
}

// Check implements Trust.
func (t decidedTrust) Check(ctx context.Context, r trust.Request) trust.Result {
	if r.Purpose == trust.Sign {
		if res, final := t.decided(ctx, &r); final {
			return res
		}
	}
	ctx, cancel := withinBudget(ctx)
	defer cancel()
	r.Revocation = t.policy(r)
	return t.Trust.Check(ctx, r)
}

// decided looks up what an admin has said of a signer's certificate, and the authorities
// that are kept with it: the message may bring neither. (Those to encrypt to come with what was
// decided: see decidedSource.)
func (t decidedTrust) decided(ctx context.Context, r *trust.Request) (res trust.Result, final bool) {
	rec, err := t.store.ByIdentity(ctx, certstore.Identity(r.Certificate))
	switch {
	case errors.Is(err, certstore.ErrNotFound):
		return res, false
	case err != nil:
		return trust.Result{
			Status:     trust.Unchecked,
			Rule:       trust.RuleState,
			Reason:     "the certificate store does not answer",
			Revocation: trust.RevocationNotChecked,
			Fault:      err,
		}, true
	case rec.State == certstore.Blocked:
		return trust.Result{
			Status:     trust.Untrusted,
			Rule:       trust.RuleState,
			Reason:     "the administrator has blocked this certificate",
			Remedy:     "sealgate cert activate",
			Revocation: trust.RevocationNotChecked,
			Answered:   trust.AllAnswered(),
		}, true
	}
	r.Pinned = rec.State == certstore.Pinned
	r.Intermediates = slices.Concat(rec.Intermediates, r.Intermediates)
	return res, false
}

// policy is the strictest of the rules that name the address as the partner's.
func (t decidedTrust) policy(r trust.Request) trust.Policy {
	p := r.Revocation
	for i := range t.rules {
		rule := &t.rules[i]
		if matchAddress(rule.Recipient, r.Address) && matchDomain(rule.Domain, r.Address) &&
			policyRank[rule.Revocation] > policyRank[p] {
			p = rule.Revocation
		}
	}
	return p
}

var policyRank = map[trust.Policy]int{"": 0, trust.Off: 1, trust.Soft: 2, trust.Hard: 3}
