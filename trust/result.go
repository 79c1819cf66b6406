package trust

// This file is a question about a certificate and its answer.

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"sealgate/internal/effort"
)

// Status is the verdict over a certificate.
type Status string

// The verdicts, best to worst.
const (
	Valid     Status = "valid"
	Expired   Status = "expired"
	Unchecked Status = "unchecked"
	Untrusted Status = "untrusted"
	Weak      Status = "weak"
	Mismatch  Status = "mismatch"
	Revoked   Status = "revoked"
)

// Revocation is what is known of whether a certificate was revoked.
type Revocation string

// What can be known.
const (
	RevocationNotChecked Revocation = "not checked" // nobody was asked, or there is nobody to ask
	RevocationGood       Revocation = "good"
	RevocationUnknown    Revocation = "unknown" // a source was asked and did not say
	RevocationRevoked    Revocation = "revoked"
)

// Rule names the check that decided over a certificate.
type Rule string

// The rules.
const (
	RuleCertificate Rule = "certificate" // there is none
	RuleAddress     Rule = "address"     // it speaks for another one
	RuleKey         Rule = "key"         // its key is too weak, or too large
	RuleUsage       Rule = "usage"       // it is for something else
	RulePinned      Rule = "pinned"      // an admin vouches for it
	RuleState       Rule = "state"       // an admin has decided against it, or it cannot be used at all
	RuleChain       Rule = "chain"       // whether a path leads to an authority that is trusted
	RuleValidity    Rule = "validity"    // it has expired, or is not valid yet
	RuleRevocation  Rule = "revocation"  // revocation decided
	RuleCost        Rule = "cost"        // judging would cost more than one message may
)

// RemedyCost is what helps against RuleCost.
const RemedyCost = "a mail with fewer signatures and certificates, or smaller keys"

// Purpose is what the certificate is to be used for.
type Purpose int

// The purposes (RFC 8550 §4.4).
const (
	Sign Purpose = iota
	Encrypt
)

// Request is one question.
type Request struct {
	Certificate   *x509.Certificate
	Intermediates [][]byte // raw certificates that may complete the chain, hostile
	Address       string   // as NormalAddress returns it; "": any
	Purpose       Purpose
	At            time.Time
	Pinned        bool   // an admin vouches for it: no chain is needed
	ForDomain     bool   // an admin has named this very certificate for all addresses of a domain
	Revocation    Policy // of this partner; "": that of the Checker
	// NoFetch: the certificate lay in what was decrypted without a MAC. Somebody who
	// cannot read the mail may have put its text into a URL of the certificate, so
	// nothing that an unproven certificate names is fetched (EFAIL).
	NoFetch bool
}

// Result is the answer.
type Result struct {
	Status     Status
	Reason     string // for people; "" when all is well
	Rule       Rule   // which check decided
	Remedy     string // what would have made it valid
	Chain      []*x509.Certificate
	Revocation Revocation
	Since      time.Time // of a revocation
	Listed     bool      // an admin has named this very certificate for all addresses of a domain
	ForDomain  bool      // it is Listed, and does not name the address
	// Answered says whether every source was heard that could have made it Valid: else
	// another Status than Valid is no reason to send in clear.
	Answered Answered
	Fault    error // our own: a source of ours failed, so the verdict is none
	// SHA1Until is the last day on which SHA-1 is accepted for the address; zero: it is not.
	SHA1Until time.Time
}

// unanswered notes the sources without whose answer the verdict is what it is.
func (r *Result) unanswered(a Answered) {
	r.Answered = a
	for _, s := range a.Silent() {
		r.Reason += "; " + s.String()
		r.Remedy = cmp.Or(s.Remedy, r.Remedy)
	}
}

// unasked is the verdict over a path of which nobody is asked.
func unasked(chain []*x509.Certificate) Result {
	return Result{
		Status: Valid, Rule: RuleChain, Chain: chain, Revocation: RevocationNotChecked, Answered: AllAnswered(),
	}
}

// untrusted is the verdict where no path is trusted.
func untrusted(err error) Result {
	return Result{
		Status: Untrusted, Rule: RuleChain, Revocation: RevocationNotChecked, Answered: AllAnswered(),
		Reason: "no path to an authority trusted for mail: " + err.Error(),
		Remedy: remedyRoot,
	}
}

// remedyRoot helps where a path ends at an authority that is not trusted.
const remedyRoot = "the issuing authority's root under trust.roots, if you trust it for mail"

// expired is the verdict where only the time is wrong.
func expired(r Request, chain []*x509.Certificate) Result {
	return Result{
		Status: Expired, Rule: RuleValidity, Chain: chain, Revocation: RevocationNotChecked, Answered: AllAnswered(),
		Reason: fmt.Sprintf(
			"the certificate is valid from %s to %s",
			r.Certificate.NotBefore.UTC().Format(time.DateOnly),
			r.Certificate.NotAfter.UTC().Format(time.DateOnly),
		),
		Remedy: "a current certificate",
	}
}

// costly is the answer where judging ended before it came to one: by the message's
// cost, or by its time, which is a fault of ours.
func costly(err error) Result {
	if !errors.Is(err, effort.ErrSpent) {
		return Result{Status: Unchecked, Rule: RuleCost, Revocation: RevocationNotChecked, Fault: err}
	}
	return Result{
		Status: Unchecked, Rule: RuleCost, Revocation: RevocationNotChecked, Answered: AllAnswered(),
		Reason: "not judged: " + err.Error(), Remedy: RemedyCost,
	}
}
