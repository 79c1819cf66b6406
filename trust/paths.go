package trust

// This file looks for paths to a root that is trusted.

import (
	"context"
	"crypto/x509"
	"slices"

	"sealgate/internal/effort"
	"sealgate/trust/authority"
)

// paths are all paths through the bag to a root. When there are none, the result says
// why: only time may be wrong.
func (a *anchors) paths(ctx context.Context, r Request, bag []*x509.Certificate) ([][]*x509.Certificate, Result) {
	leaf := withMailboxes(r.Certificate)
	search := searchCost(leaf, slices.Concat(bag, a.named(r.Address, append(bag, leaf))))
	if err := effort.Spend(ctx, search); err != nil {
		return nil, costly(err)
	}
	opts := x509.VerifyOptions{
		Roots:         a.poolFor(r.Address),
		Intermediates: pool(bag),
		CurrentTime:   r.At,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}
	chains, err := leaf.Verify(opts)
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
	if err := effort.Spend(ctx, 2*search); err != nil { // butForItsTime may search twice
		return nil, costly(err)
	}
	chains, err = butForItsTime(leaf, opts)
	if err != nil {
		return nil, untrusted(err)
	}
	chains, err = allBelievable(chains)
	if err != nil {
		return nil, untrusted(err)
	}
	return nil, expired(r, chains[0])
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

// pool holds the authorities of a bag for crypto/x509.
func pool(bag []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, ca := range bag {
		p.AddCert(withDirectoryNames(ca))
	}
	return p
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
