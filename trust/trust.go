// Package trust judges one certificate: is it good for this address, now?
package trust

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/internal/words"
	"sealgate/trust/authority"
)

// Options are the settings of a Checker.
type Options struct {
	Roots     []*x509.Certificate
	Partners  []Partner
	AcceptAny bool // certificates without extended key usage are for mail too

	Revocation Policy  // what unknown revocation means
	Sources    Sources // who is asked; nil: nobody, whatever the policy
}

// Checker judges certificates. It is safe for concurrent use.
type Checker struct {
	o       Options
	anchors *anchors
}

// New returns a Checker that trusts o.Roots and nothing else.
func New(o Options) (*Checker, error) {
	if err := words.Check(o.Revocation, Hard, Soft, Off); err != nil {
		return nil, fmt.Errorf("trust: Revocation %w", err)
	}
	a, err := newAnchors(o.Roots, o.Partners)
	if err != nil {
		return nil, err
	}
	return &Checker{o, a}, nil
}

var errNoCertificate = errors.New("trust: no certificate to judge")

// Check judges r.Certificate. The first check that fails decides, in the order
// worst first, so that the status is the worst that holds. Without a certificate the
// result is a Fault.
func (c *Checker) Check(ctx context.Context, r Request) Result {
	if r.Certificate == nil {
		return Result{
			Status: Unchecked, Rule: RuleCertificate, Revocation: RevocationNotChecked,
			Reason: errNoCertificate.Error(), Fault: errNoCertificate,
		}
	}
	if above, ok := c.anchors.signs(r.Certificate, r.Address); ok && r.Purpose == Sign {
		r.ForDomain = true
		// The admin's come first: the signer must not hide a revocation by what it brings along.
		r.Intermediates = slices.Concat(above, r.Intermediates)
	}
	res := c.check(ctx, r)
	if r.ForDomain && res.Status == Untrusted { // the admin's word stands in for an authority that is not known
		res = c.listed(ctx, r)
	}
	res.Listed = r.ForDomain
	res.ForDomain = r.ForDomain && !slices.Contains(Addresses(r.Certificate), r.Address)
	res.noteSHA1(c.anchors.sha1Until(r.Address, r.At))
	return res
}

// check is Check of a certificate that is there.
func (c *Checker) check(ctx context.Context, r Request) Result {
	for _, check := range []func(Request) (Result, bool){c.address, c.strength, c.usage} {
		if res, bad := check(r); bad {
			res.Answered = AllAnswered() // nobody could have said otherwise
			return res
		}
	}
	if r.Pinned {
		return c.pinned(r)
	}
	return c.chain(effort.Ensure(ctx), r)
}

// address compares with what the certificate speaks for (RFC 8550 §3). A domain's need not name
// everybody (RFC 3183 §3.1).
func (c *Checker) address(r Request) (Result, bool) {
	names := Addresses(r.Certificate)
	if r.Address == "" || r.ForDomain || slices.Contains(names, r.Address) {
		return Result{}, false
	}
	reason := fmt.Sprintf("the certificate names %q, not %s", Listed(names), r.Address)
	if size := len(r.Certificate.Raw); size > authority.MaxCertificate {
		reason = fmt.Sprintf("the certificate has %d octets, at most %d are read", size, authority.MaxCertificate)
	}
	return Result{
		Status: Mismatch, Rule: RuleAddress, Revocation: RevocationNotChecked, Reason: reason,
		Remedy: "a certificate issued for the From address",
	}, true
}

// strength refuses keys that can be broken.
func (c *Checker) strength(r Request) (Result, bool) {
	key, err := spki.PublicKey(r.Certificate)
	if err != nil {
		return Result{
			Status:     Unchecked,
			Rule:       RuleKey,
			Revocation: RevocationNotChecked,
			Reason:     "the certificate's key is of a kind that is not known here",
		}, true
	}
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		return Result{}, false
	}
	if n := k.N.BitLen(); n < spki.MinRSA || n > spki.MaxRSA || k.E < 3 || k.E%2 == 0 {
		return Result{
			Status: Weak, Rule: RuleKey, Revocation: RevocationNotChecked,
			Reason: fmt.Sprintf("RSA key of %d bits, exponent %d", n, k.E),
			Remedy: "a certificate with a key of 2048 bits or more",
		}, true
	}
	return Result{}, false
}

// usage holds key usage and purpose against what is asked (RFC 8550 §4.4.2, §4.4.4).
func (c *Checker) usage(r Request) (Result, bool) {
	bad := func(reason string) (Result, bool) {
		return Result{
			Status:     Untrusted,
			Rule:       RuleUsage,
			Revocation: RevocationNotChecked,
			Reason:     reason,
			Remedy:     "a certificate issued for e-mail (emailProtection)",
		}, true
	}
	mayBeUsed := spki.MaySign
	if r.Purpose == Encrypt {
		mayBeUsed = spki.MayEncrypt
	}
	if !mayBeUsed(r.Certificate) {
		return bad("the certificate's key usage does not allow this")
	}
	if r.Certificate.IsCA && !r.Pinned && !c.anchors.contains(r.Certificate) {
		return bad("the certificate is that of an authority, not of a person")
	}
	if spki.EmptyPurposes(r.Certificate) || spki.NamesNoPurpose(r.Certificate) && !c.o.AcceptAny {
		return bad("the certificate does not say that it is for e-mail")
	}
	return Result{}, false
}

// listed judges a certificate that an admin has named for a whole domain and whose authority is not
// known. Where that must be heard before a signature is valid, it must be known.
func (c *Checker) listed(ctx context.Context, r Request) Result {
	r.Pinned = true
	res := c.check(ctx, r)
	issuedByItself := bytes.Equal(r.Certificate.RawIssuer, r.Certificate.RawSubject)
	if res.Status != Valid || r.Purpose != Sign || issuedByItself || cmp.Or(r.Revocation, c.o.Revocation) != Hard {
		return res
	}
	return Result{
		Status: Unchecked, Rule: RuleRevocation, Revocation: RevocationUnknown, Answered: AllAnswered(),
		Reason: "its authority is not known, so nobody can be asked whether it was revoked",
		Remedy: "the authority's root in the roots of this [[trust.partner]], " +
			"and what is between them in the file of signers",
	}
}

// pinned judges a certificate that an admin vouches for: its time alone.
func (c *Checker) pinned(r Request) Result {
	if !authority.ValidAt(r.Certificate, r.At) {
		return expired(r, nil)
	}
	return Result{
		Status:     Valid,
		Rule:       RulePinned,
		Revocation: RevocationNotChecked,
		Chain:      []*x509.Certificate{r.Certificate},
		Answered:   AllAnswered(),
	}
}

// chain looks for a path to a root at the time asked, and tells a path that
// only its time spoils from none at all.
func (c *Checker) chain(ctx context.Context, r Request) Result {
	if err := afford(ctx, r.Intermediates); err != nil {
		return costly(err)
	}
	bag := authority.ReadBag(r.Intermediates)
	res := c.judge(ctx, r, bag)
	if res.Rule == RuleChain && res.Status == Untrusted && c.o.Sources != nil {
		more, answered := c.o.Sources.Complete(ctx, r, bag)
		if len(more) > 0 {
			bag = append(bag, more...)
			res = c.judge(ctx, r, bag)
		}
		if err := effort.Spend(ctx, 0); err != nil { // not all that could be missing was looked for
			return costly(err)
		}
		if res.Rule == RuleChain && res.Status == Untrusted && authority.ValidAt(r.Certificate, r.At) {
			res.unanswered(answered)
		}
	}
	if res.Rule == RuleChain && res.Status == Untrusted && res.Remedy == remedyRoot {
		res.Remedy = c.anchors.remedyFor(r, bag)
	}
	if c.o.Sources != nil {
		c.o.Sources.Learn(ctx, res.Chain, r.At)
	}
	return res
}

// judge judges the paths through a bag.
func (c *Checker) judge(ctx context.Context, r Request, bag []*x509.Certificate) Result {
	chains, res := c.anchors.paths(ctx, r, bag)
	if len(chains) == 0 {
		return res
	}
	return inquiry{c.o.Sources, cmp.Or(r.Revocation, c.o.Revocation), r.At}.judge(ctx, chains)
}
