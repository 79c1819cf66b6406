// Package trust judges one certificate: is it good for this address, now?
package trust

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/internal/words"
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

// Purpose is what the certificate is to be used for.
type Purpose int

// The purposes (RFC 8550 §4.4).
const (
	Sign Purpose = iota
	Encrypt
)

// Bounds of one judgement.
const (
	maxIntermediates = 64      // certificates of the bag that are looked at
	minRSA           = 2048    // bits; below it a key is weak
	maxRSA           = 16384   // bits; above it a verification costs seconds
	maxCertificate   = 1 << 16 // octets of one certificate
	maxName          = 1 << 12 // octets of a name: to write one out costs the square of it
)

// Request is one question.
type Request struct {
	Certificate   *x509.Certificate
	Intermediates [][]byte // raw certificates that may complete the chain, hostile
	Address       string   // as NormalAddress returns it; "": any
	Purpose       Purpose
	At            time.Time
	Pinned        bool   // an admin vouches for it: no chain is needed
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
	Rule       string // which check decided
	Remedy     string // what would have made it valid
	Chain      []*x509.Certificate
	Revocation string // "good", "unknown" (a source did not say), "revoked", "not checked"
	// Answered says whether every source was heard that could have made it Valid: else
	// another Status than Valid is no reason to send in clear.
	Answered Answered
	Fault    error // our own: a source of ours failed, so the verdict is none
}

// Options are the settings of a Checker.
type Options struct {
	Roots     []*x509.Certificate
	Partners  []Partner
	AcceptAny bool // certificates without extended key usage are for mail too

	Revocation Policy   // what unknown revocation means
	Sources    *Sources // who is asked; nil: nobody, whatever the policy
}

// Checker judges certificates. It is safe for concurrent use.
type Checker struct {
	o     Options
	roots *x509.CertPool
}

// New returns a Checker that trusts o.Roots and nothing else.
func New(o Options) (*Checker, error) {
	if err := words.Check(o.Revocation, Hard, Soft, Off); err != nil {
		return nil, fmt.Errorf("trust: Revocation %w", err)
	}
	c := &Checker{o: o, roots: x509.NewCertPool()}
	for _, r := range o.Roots {
		if r == nil {
			return nil, errors.New("trust: nil root")
		}
		c.roots.AddCert(withDirectoryNames(r))
	}
	return c, nil
}

var errNoCertificate = errors.New("trust: no certificate to judge")

// Check judges r.Certificate. The first check that fails decides, in the order
// worst first, so that the status is the worst that holds. Without a certificate the
// result is a Fault.
func (c *Checker) Check(ctx context.Context, r Request) Result {
	if r.Certificate == nil {
		return Result{
			Status: Unchecked, Rule: "certificate", Revocation: notChecked,
			Reason: errNoCertificate.Error(), Fault: errNoCertificate,
		}
	}
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

// address compares with what the certificate speaks for (RFC 8550 §3).
func (c *Checker) address(r Request) (Result, bool) {
	names := Addresses(r.Certificate)
	if r.Address == "" || slices.Contains(names, r.Address) {
		return Result{}, false
	}
	reason := fmt.Sprintf("the certificate names %q, not %s", Listed(names), r.Address)
	if size := len(r.Certificate.Raw); size > maxCertificate {
		reason = fmt.Sprintf("the certificate has %d octets, at most %d are read", size, maxCertificate)
	}
	return Result{
		Status: Mismatch, Rule: "address", Revocation: notChecked, Reason: reason,
		Remedy: "a certificate issued for the From address",
	}, true
}

// strength refuses keys that can be broken.
func (c *Checker) strength(r Request) (Result, bool) {
	key, err := spki.PublicKey(r.Certificate)
	if err != nil {
		return Result{
			Status:     Unchecked,
			Rule:       "key",
			Revocation: notChecked,
			Reason:     "the certificate's key is of a kind that is not known here",
		}, true
	}
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		return Result{}, false
	}
	if n := k.N.BitLen(); n < minRSA || n > maxRSA || k.E < 3 || k.E%2 == 0 {
		return Result{
			Status: Weak, Rule: "key", Revocation: notChecked, Reason: fmt.Sprintf("RSA key of %d bits, exponent %d", n, k.E),
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
			Rule:       "usage",
			Revocation: notChecked,
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
	if r.Certificate.IsCA && !r.Pinned && !c.isRoot(r.Certificate) {
		return bad("the certificate is that of an authority, not of a person")
	}
	if spki.EmptyPurposes(r.Certificate) || spki.NamesNoPurpose(r.Certificate) && !c.o.AcceptAny {
		return bad("the certificate does not say that it is for e-mail")
	}
	return Result{}, false
}

// isRoot tells whether an admin trusts this very certificate: people do sign with
// self-signed ones that say CA:TRUE.
func (c *Checker) isRoot(cert *x509.Certificate) bool {
	return slices.ContainsFunc(c.o.Roots, cert.Equal)
}

// pinned judges a certificate that an admin vouches for: its time alone.
func (c *Checker) pinned(r Request) Result {
	if outside(r.Certificate, r.At) {
		return expired(r, nil)
	}
	return Result{
		Status:     Valid,
		Rule:       "pinned",
		Revocation: notChecked,
		Chain:      []*x509.Certificate{r.Certificate},
		Answered:   AllAnswered(),
	}
}

// outside tells whether a time lies outside the validity of c.
func outside(c *x509.Certificate, at time.Time) bool {
	return at.Before(c.NotBefore) || at.After(c.NotAfter)
}

func expired(r Request, chain []*x509.Certificate) Result {
	return Result{
		Status: Expired, Rule: "validity", Chain: chain, Revocation: notChecked, Answered: AllAnswered(),
		Reason: fmt.Sprintf(
			"the certificate is valid from %s to %s",
			r.Certificate.NotBefore.UTC().Format(time.DateOnly),
			r.Certificate.NotAfter.UTC().Format(time.DateOnly),
		),
		Remedy: "a current certificate",
	}
}

// chain looks for a path to a root at the time asked, and tells a path that
// only its time spoils from none at all.
func (c *Checker) chain(ctx context.Context, r Request) Result {
	if err := afford(ctx, r.Intermediates); err != nil {
		return costly(err)
	}
	bag := parse(r.Intermediates)
	res := c.paths(ctx, r, bag)
	if res.Rule == "chain" && res.Status == Untrusted && c.o.Sources != nil {
		more, answered := c.o.Sources.complete(ctx, r, bag)
		if len(more) > 0 {
			res = c.paths(ctx, r, append(bag, more...))
		}
		if err := effort.Spend(ctx, 0); err != nil { // not all that could be missing was looked for
			return costly(err)
		}
		if res.Rule == "chain" && res.Status == Untrusted && !outside(r.Certificate, r.At) {
			res.unanswered(answered)
		}
	}
	if c.o.Sources != nil {
		c.o.Sources.learn(ctx, res.Chain, r.At)
	}
	return res
}

// unanswered notes the sources without whose answer the verdict is what it is.
func (r *Result) unanswered(a Answered) {
	r.Answered = a
	for _, s := range a.Silent() {
		r.Reason += "; " + s.String()
		r.Remedy = cmp.Or(s.Remedy, r.Remedy)
	}
}

// maxChain is the longest path that is believed; each of its certificates may cost
// a look-up.
const maxChain = 10

// paths judges all paths to a root through the bag.
func (c *Checker) paths(ctx context.Context, r Request, bag []*x509.Certificate) Result {
	leaf := withMailboxes(r.Certificate)
	search := searchCost(leaf, slices.Concat(bag, c.rootsNamed(r.Address, append(bag, leaf))))
	if err := effort.Spend(ctx, search); err != nil {
		return costly(err)
	}
	opts := x509.VerifyOptions{
		Roots:         c.rootsFor(r.Address),
		Intermediates: pool(bag),
		CurrentTime:   r.At,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	chains, err := leaf.Verify(opts)
	if err == nil {
		if chains, err = allBelievable(chains); err != nil {
			return untrusted(err)
		}
		return c.revocation(ctx, r, chains)
	}
	if !outside(r.Certificate, r.At) {
		return untrusted(err) // if only time spoils the path, then that of an authority
	}
	if err := effort.Spend(ctx, 2*search); err != nil { // butForItsTime may search twice
		return costly(err)
	}
	if chains, err = butForItsTime(leaf, opts); err != nil {
		return untrusted(err)
	}
	if chains, err = allBelievable(chains); err != nil {
		return untrusted(err)
	}
	return expired(r, chains[0])
}

// butForItsTime are the paths of a certificate that has expired. Its authority may have
// expired with it, or have been renewed since: so a path counts that held on the
// certificate's last day, or else one that holds now, were it not for that day.
func butForItsTime(leaf *x509.Certificate, opts x509.VerifyOptions) ([][]*x509.Certificate, error) {
	now := opts.CurrentTime
	opts.CurrentTime = leaf.NotAfter
	chains, err := leaf.Verify(opts)
	if err == nil {
		return chains, nil
	}
	opts.CurrentTime = now
	timeless := *leaf
	timeless.NotBefore = now
	timeless.NotAfter = now
	chains, err = timeless.Verify(opts)
	for _, chain := range chains {
		chain[0] = leaf
	}
	return chains, err
}

func untrusted(err error) Result {
	return Result{
		Status: Untrusted, Rule: "chain", Revocation: notChecked, Answered: AllAnswered(), Reason: "no path to an authority trusted for mail: " + err.Error(),
		Remedy: "the issuing authority's root under trust.roots, if you trust it for mail",
	}
}

// allBelievable keeps the chains that hold against what Go does not look at: names,
// keys, length. An error says why the last one does not, when none does.
func allBelievable(chains [][]*x509.Certificate) (good [][]*x509.Certificate, why error) {
	for _, chain := range chains {
		if err := believable(chain); err != nil {
			why = err
			continue
		}
		good = append(good, chain)
	}
	if len(good) > 0 {
		why = nil
	}
	return good, why
}
