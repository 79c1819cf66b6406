package trust

// This file looks for paths to a root that is trusted.

import (
	"context"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/trust/authority"
)

// paths are all paths through the bag to a root. When there are none, the result says
// why: only time may be wrong.
func (a *anchors) paths(ctx context.Context, r Request, bag []*x509.Certificate) ([][]*x509.Certificate, Result) {
	leaf := withMailboxes(r.Certificate)
	v := a.verifier(leaf, r, bag)
	if err := effort.Spend(ctx, v.cost); err != nil {
		return nil, costly(err)
	}
	chains, err := v.verify(leaf, r.At)
	if err == nil {
		chains, err = allBelievable(chains)
		if err != nil {
			return nil, untrusted(err)
		}
		return chains, Result{}
	}
	if authority.ValidAt(r.Certificate, r.At) {
		return nil, untrusted(err) // if only time spoils the path, then that of an authority
	}
	if err := effort.Spend(ctx, 2*v.cost); err != nil { // butForItsTime may search twice
		return nil, costly(err)
	}
	chains, err = v.butForItsTime(leaf, r.At)
	if err != nil {
		return nil, untrusted(err)
	}
	chains, err = allBelievable(chains)
	if err != nil {
		return nil, untrusted(err)
	}
	return nil, expired(r, chains[0])
}

// verifier looks for paths of one certificate at any time.
type verifier struct {
	opts x509.VerifyOptions
	// signed are the paths whose signatures were checked here, if crypto/x509 cannot check
	// one of them. They begin with the leaf.
	signed func() [][]*x509.Certificate
	cost   time.Duration // of one search
}

func (a *anchors) verifier(leaf *x509.Certificate, r Request, bag []*x509.Certificate) *verifier {
	roots := a.named(r.Address, append(slices.Clip(bag), leaf))
	authorities := slices.Concat(roots, bag)
	cost, checks := searchCost(leaf, authorities)
	v := &verifier{
		opts: x509.VerifyOptions{
			Roots:         a.poolFor(r.Address),
			Intermediates: newPool(bag),
			KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
		},
		signed: func() [][]*x509.Certificate { return nil },
		cost:   cost,
	}
	checkSignature := spki.CheckSignatureFrom
	withSHA1 := !a.sha1Until(r.Address, r.At).IsZero() &&
		slices.ContainsFunc(append(slices.Clip(bag), leaf), spki.SignedWithSHA1)
	if withSHA1 {
		checkSignature = spki.CheckSignatureFromWithSHA1
	}
	if withSHA1 || beyondStandard(leaf, authorities) {
		v.cost += cost + copiesCost(checks)
		v.signed = sync.OnceValue(func() [][]*x509.Certificate {
			s := &signedPaths{roots: roots, bag: bag, check: checkSignature}
			s.extend([]*x509.Certificate{leaf})
			return s.found
		})
	}
	return v
}

// verify is leaf.Verify, through all signatures.
func (v *verifier) verify(leaf *x509.Certificate, at time.Time) ([][]*x509.Certificate, error) {
	opts := v.opts
	opts.CurrentTime = at
	chains, err := leaf.Verify(opts)
	if err == nil {
		return chains, nil
	}
	for _, path := range v.signed() {
		path = slices.Clone(path)
		path[0] = leaf
		pathErr := verifyCopies(path, opts)
		if pathErr != nil {
			err = pathErr
			continue
		}
		chains = append(chains, path)
	}
	if len(chains) > 0 {
		return chains, nil
	}
	return nil, err
}

// butForItsTime are the paths of a certificate that has expired. Its authority may have
// expired with it, or have been renewed since: so a path counts that held on the
// certificate's last day, or else one that holds now, were it not for that day.
func (v *verifier) butForItsTime(leaf *x509.Certificate, now time.Time) ([][]*x509.Certificate, error) {
	chains, err := v.verify(leaf, leaf.NotAfter)
	if err == nil {
		return chains, nil
	}
	timeless := *leaf
	timeless.NotBefore = now
	timeless.NotAfter = now
	chains, err = v.verify(&timeless, now)
	for _, chain := range chains {
		chain[0] = leaf
	}
	return chains, err
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
