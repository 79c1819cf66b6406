package trust

// This file asks of every certificate of a chain whether it was revoked, and says
// what that means for the verdict.

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealgate/internal/effort"
	"sealgate/internal/words"
)

// Policy says what unknown revocation means.
type Policy string

// The policies.
const (
	Off  Policy = "off"  // nobody is asked
	Soft Policy = "soft" // valid, with a reason
	Hard Policy = "hard" // unchecked
)

// UnmarshalText reads a Policy as configuration writes it. A rule may have none, "".
func (p *Policy) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = ""
		return nil
	}
	return words.Set(p, text, Hard, Soft, Off)
}

// Values of Result.Revocation.
const (
	notChecked = "not checked"
	isGood     = "good"
	isUnknown  = "unknown" // a source was asked and did not say
	isRevoked  = "revoked"
)

// answer is what the sources know of one certificate.
type answer struct {
	State   string    `json:"state"`
	Since   time.Time `json:"since,omitzero"` // of a revocation
	Cause   int       `json:"cause,omitempty"`
	Source  string    `json:"source,omitempty"` // URL
	Detail  string    `json:"detail,omitempty"` // why it is unknown
	Made    time.Time `json:"made,omitzero"`    // thisUpdate
	Until   time.Time `json:"until,omitzero"`   // the answer is good until then
	Refresh time.Time `json:"refresh,omitzero"` // a newer one is asked for from then on
}

// causes are CRLReasons (RFC 5280 §5.3.1).
var causes = map[int]string{
	1: "key compromised", 2: "authority compromised", 3: "affiliation changed", 4: "superseded", 5: "no longer in use",
	6: "on hold", 9: "privilege withdrawn", 10: "attribute authority compromised",
}

// onHold is the one reason that can be taken back (RFC 5280 §5.3.1).
const onHold = 6

// isForGood reports whether a is a revocation that nothing takes back: it holds when the
// answer that told it has run out.
func (a answer) isForGood() bool { return a.State == isRevoked && a.Cause != onHold }

// RuleRevocation is the Rule of a Result that revocation decided.
const RuleRevocation = "revocation"

// revocation judges every chain and takes the best: a revoked intermediate of one
// path does not spoil another.
func (c *Checker) revocation(ctx context.Context, r Request, chains [][]*x509.Certificate) Result {
	policy := r.Revocation
	if policy == "" {
		policy = c.o.Revocation
	}
	if policy == Off || c.o.Sources == nil {
		return Result{Status: Valid, Rule: "chain", Chain: chains[0], Revocation: notChecked, Answered: AllAnswered()}
	}
	var best Result
	for i, chain := range chains {
		res := c.chainRevocation(ctx, r.At, policy, chain)
		if i == 0 || revocationRank[res.Revocation] < revocationRank[best.Revocation] {
			best = res
		}
		if best.Revocation == isGood {
			break
		}
	}
	return best
}

var revocationRank = map[string]int{isGood: 0, notChecked: 1, isUnknown: 2, isRevoked: 3}

// chainRevocation asks for each certificate below the root, the leaf first: that
// it is revoked is the worst that can be said, so it ends the search.
func (c *Checker) chainRevocation(ctx context.Context, at time.Time, policy Policy, chain []*x509.Certificate) Result {
	if len(chain) == 1 { // a root itself, in which the admin trusts: there is nobody to ask
		return Result{Status: Valid, Rule: "chain", Chain: chain, Revocation: notChecked, Answered: AllAnswered()}
	}
	res := Result{Status: Valid, Rule: RuleRevocation, Chain: chain, Revocation: isGood, Answered: AllAnswered()}
	for i, cert := range chain[:len(chain)-1] {
		if err := effort.Spend(ctx, maxAnswers*effort.Verification(chain[i+1].PublicKey)); err != nil {
			return costly(err)
		}
		a := c.o.Sources.ask(ctx, cert, chain[i+1], at)
		if a.State == isRevoked {
			return revoked(chain, i, a)
		}
		if revocationRank[a.State] > revocationRank[res.Revocation] {
			res.Revocation, res.Reason = a.State, of(i)+a.Detail
		}
		if policy == Hard && a.State == isUnknown { // under soft its silence changes nothing
			res.Answered = res.Answered.And(NotAnswered(c.o.Sources.silentService(cert, chain[i+1])))
		}
	}
	if res.Revocation == isGood {
		return res
	}
	if policy == Hard {
		res.Status, res.Remedy = Unchecked, "an answer of the authority's revocation service, or revocation = \"soft\""
	} else if res.Revocation == notChecked {
		res.Reason = "" // nothing that anybody could do about it
	}
	return res
}

// silentService is what did not say whether cert was revoked.
func (s *Sources) silentService(cert, issuer *x509.Certificate) Silence {
	urls := slices.Concat(cert.OCSPServer, cert.CRLDistributionPoints)
	return s.silence(answerKey(cert, issuer), strings.Join(urls[:min(len(urls), maxOCSPURLs)], " "), pinRemedy)
}

// of names a certificate of a chain by its place.
func of(i int) string {
	if i == 0 {
		return ""
	}
	return "an authority of the chain: "
}

// revoked: the signer's own signing-time proves nothing, so a revocation counts
// from the beginning, whenever the signature claims to have been made.
func revoked(chain []*x509.Certificate, i int, a answer) Result {
	why := ""
	if text := causes[a.Cause]; text != "" {
		why = " (" + text + ")"
	}
	return Result{
		Status: Revoked, Rule: RuleRevocation, Revocation: isRevoked, Chain: chain, Answered: AllAnswered(),
		Reason: fmt.Sprintf("%sthe certificate was revoked on %s%s", of(i), a.Since.UTC().Format(time.DateOnly), why),
		Remedy: "a new certificate; a signature made before that day is not told from one made after",
	}
}

// answerKey names a certificate by its issuer's key and its number: what OCSP and
// CRLs speak of.
func answerKey(cert, issuer *x509.Certificate) string {
	h := sha256.New()
	h.Write(issuer.RawSubjectPublicKeyInfo)
	h.Write(numberOctets(cert.SerialNumber))
	return fmt.Sprintf("revocation/%x", h.Sum(nil))
}
