package ownkeys

// This file completes chains. A certificate is often pasted without the authorities between
// it and the root, and a receiver who knows the root only cannot judge what it signs then.

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"sealgate/internal/effort"
	"sealgate/internal/spki"
	"sealgate/trust"
	"sealgate/trust/authority"
)

// maxChain is how many authorities a chain has at most: mail has two or three, and trust
// believes ten with leaf and root.
const maxChain = 8

// Authorities know intermediates of earlier mail, and ask where certificates say that their
// issuer lies (RFC 5280 §4.2.2.1). *revocation.Sources do.
type Authorities interface {
	Complete(ctx context.Context, r trust.Request, bag []*x509.Certificate) ([]*x509.Certificate, trust.Answered)
}

// Completer finds the certificates between our own and their roots.
type Completer struct {
	Authorities Authorities         // nil: the network is not asked
	Known       []*x509.Certificate // the roots, and whatever lies beside them
	Cache       Cache               // keeps what was found; nil: nothing does
	Store       Lister              // other people's certificates, with their chains; nil: none
	Now         func() time.Time
}

// Complete completes the chain of each key as far as it can before ctx ends. No key waits
// for another one: a host that does not answer holds up those that name it.
func (c *Completer) Complete(ctx context.Context, keys []*Key) {
	s := &search{Completer: c, now: c.Now(), known: slices.Concat(c.Known, authoritiesIn(keys))}
	s.stored = sync.OnceValue(func() []*x509.Certificate {
		looking, stop := context.WithTimeout(ctx, scanTime)
		defer stop()
		return storedAuthorities(looking, c.Store)
	})
	var all sync.WaitGroup
	for _, k := range keys {
		all.Go(func() { s.complete(ctx, k) })
	}
	all.Wait()
}

// authoritiesIn are those that lie in the files of our keys.
func authoritiesIn(keys []*Key) (list []*x509.Certificate) {
	for _, k := range keys {
		for _, cert := range k.Chain {
			list = appendNew(list, cert)
		}
		if k.Credential.Root != nil {
			list = appendNew(list, k.Credential.Root)
		}
	}
	return list
}

func appendNew(list []*x509.Certificate, cert *x509.Certificate) []*x509.Certificate {
	if slices.ContainsFunc(list, cert.Equal) {
		return list
	}
	return append(list, cert)
}

// search is one look for chains.
type search struct {
	*Completer
	now    time.Time
	known  []*x509.Certificate
	stored func() []*x509.Certificate
}

// complete extends what the admin gave and takes nothing from it. A certificate that has
// expired signs nothing any more: nobody is asked about it.
func (s *search) complete(ctx context.Context, k *Key) {
	leaf := k.Credential.Certificate
	if s.now.After(leaf.NotAfter) {
		return
	}
	given := len(k.Chain)
	kept := recall(ctx, s.Cache, leaf)
	k.Chain, k.Last = s.extend(ctx, leaf, slices.Clone(k.Chain), kept)
	if len(k.Chain) > given {
		keep(ctx, s.Cache, leaf, k.Chain, s.now)
	}
}

// extend follows the issuers up to a root. last is the certificate whose issuer nobody
// knows, nil when the chain is complete.
func (s *search) extend(
	ctx context.Context,
	leaf *x509.Certificate,
	chain []*x509.Certificate,
	kept []*x509.Certificate,
) (_ []*x509.Certificate, last *x509.Certificate) {
	for {
		last = leaf
		if len(chain) > 0 {
			last = chain[len(chain)-1]
		}
		if selfIssued(last) {
			return chain, nil
		}
		issuer := s.issuer(ctx, last, chain, kept)
		switch {
		case issuer == nil:
			return chain, last
		case selfIssued(issuer): // whoever can judge the chain has the root
			return chain, nil
		case len(chain) == maxChain || slices.ContainsFunc(chain, issuer.Equal):
			return chain, last
		}
		chain = append(chain, issuer)
	}
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// issuer asks the nearest first: the network is asked only when nobody here knows.
func (s *search) issuer(
	ctx context.Context, cert *x509.Certificate, chain, kept []*x509.Certificate,
) *x509.Certificate {
	for _, ask := range []func() []*x509.Certificate{
		func() []*x509.Certificate { return s.known },
		func() []*x509.Certificate { return kept },
		s.stored,
		func() []*x509.Certificate { return s.asked(ctx, cert, chain) },
	} {
		if found := s.best(cert, ask()); found != nil {
			return found
		}
	}
	return nil
}

// asked are proposals of the Authorities.
func (s *search) asked(ctx context.Context, cert *x509.Certificate, chain []*x509.Certificate) []*x509.Certificate {
	if s.Authorities == nil {
		return nil
	}
	found, _ := s.Authorities.Complete(effort.Ensure(ctx), trust.Request{Certificate: cert, At: s.now}, chain)
	return found
}

// best is the authority of a list that has signed cert and holds now: a root before one
// that another has to vouch for, then the one that holds longest.
func (s *search) best(cert *x509.Certificate, list []*x509.Certificate) (best *x509.Certificate) {
	for _, ca := range list {
		if !bytes.Equal(ca.RawSubject, cert.RawIssuer) || !authority.ValidAt(ca, s.now) {
			continue
		}
		if spki.CheckSignatureFrom(cert, ca) != nil {
			continue
		}
		if best == nil || better(ca, best) {
			best = ca
		}
	}
	return best
}

func better(a, b *x509.Certificate) bool {
	if selfIssued(a) != selfIssued(b) {
		return selfIssued(a)
	}
	return a.NotAfter.After(b.NotAfter)
}
