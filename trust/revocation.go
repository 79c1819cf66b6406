package trust

// This file judges paths by whether one of their certificates was revoked.

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"sealgate/internal/effort"
	"sealgate/trust/authority"
)

// revocationRank orders what is known, the best first.
var revocationRank = map[Revocation]int{
	RevocationGood: 0, RevocationNotChecked: 1, RevocationUnknown: 2, RevocationRevoked: 3,
}

// causes are CRLReasons (RFC 5280 §5.3.1).
var causes = map[int]string{
	1: "key compromised", 2: "authority compromised", 3: "affiliation changed", 4: "superseded", 5: "no longer in use",
	6: "on hold", 9: "privilege withdrawn", 10: "attribute authority compromised",
}

// inquiry asks whether certificates were revoked.
type inquiry struct {
	sources Sources // nil: nobody is asked
	policy  Policy
	at      time.Time
}

// judge judges every path and takes the best: a revoked intermediate of one does not
// spoil another.
func (q inquiry) judge(ctx context.Context, chains [][]*x509.Certificate) Result {
	if q.policy == Off || q.sources == nil {
		return unasked(chains[0])
	}
	var best Result
	for i, chain := range chains {
		res := q.chain(ctx, chain)
		if i == 0 || revocationRank[res.Revocation] < revocationRank[best.Revocation] {
			best = res
		}
		if best.Revocation == RevocationGood {
			break
		}
	}
	return best
}

// chain asks for each certificate below the root, the leaf first: that
// it is revoked is the worst that can be said, so it ends the search.
func (q inquiry) chain(ctx context.Context, chain []*x509.Certificate) Result {
	if len(chain) == 1 { // a root itself, in which the admin trusts: there is nobody to ask
		return unasked(chain)
	}
	res := Result{
		Status: Valid, Rule: RuleRevocation, Chain: chain, Revocation: RevocationGood, Answered: AllAnswered(),
	}
	for i, cert := range chain[:len(chain)-1] {
		if err := effort.Spend(ctx, MaxAnswers*authority.Cost(chain[i+1])); err != nil {
			return costly(err)
		}
		a, answered := q.sources.Ask(ctx, cert, chain[i+1], q.at)
		if a.State == RevocationRevoked {
			return revoked(chain, i, a)
		}
		if revocationRank[a.State] > revocationRank[res.Revocation] {
			res.Revocation = a.State
			res.Reason = place(i) + a.Detail
		}
		if q.policy == Hard { // under soft its silence changes nothing
			res.Answered = res.Answered.And(answered)
		}
	}
	if res.Revocation == RevocationGood {
		return res
	}
	if q.policy == Hard {
		res.Status = Unchecked
		res.Remedy = "an answer of the authority's revocation service, or revocation = \"soft\""
	} else if res.Revocation == RevocationNotChecked {
		res.Reason = "" // nothing that anybody could do about it
	}
	return res
}

// place names a certificate of a chain that is not the leaf.
func place(i int) string {
	if i == 0 {
		return ""
	}
	return "an authority of the chain: "
}

// revoked: the signer's own signing-time proves nothing, so a revocation counts
// from the beginning, whenever the signature claims to have been made.
func revoked(chain []*x509.Certificate, i int, a Answer) Result {
	why := ""
	if text := causes[a.Cause]; text != "" {
		why = " (" + text + ")"
	}
	return Result{
		Status: Revoked, Rule: RuleRevocation, Revocation: RevocationRevoked, Since: a.Since,
		Chain: chain, Answered: AllAnswered(),
		Reason: fmt.Sprintf("%sthe certificate was revoked on %s%s", place(i), a.Since.UTC().Format(time.DateOnly), why),
		Remedy: "a new certificate; a signature made before that day is not told from one made after",
	}
}
