package gateway

// This file finds the certificate of each recipient.

import (
	"context"
	"crypto/x509"
	"log/slog"
	"slices"

	"sealgate/certstore"
	"sealgate/internal/address"
	"sealgate/internal/effort"
	"sealgate/internal/x509cert"
	"sealgate/keyring"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// recipientCertificate is a usable certificate and what its owner can read.
type recipientCertificate struct {
	address      string
	certificate  *x509.Certificate
	capabilities []cms.Capability
}

// lookUp is what the search for an address's certificate came to.
type lookUp struct {
	best     *recipientCertificate // nil: none that can be used
	answered trust.Answered        // whether everybody has answered who could know of one
}

// certificateFor looks for the best usable certificate of an address. That there is
// none is a reason to send in clear only when everybody has answered.
func (g *Gateway) certificateFor(ctx context.Context, addr string) lookUp {
	if box := g.o.Ring.ByFrom(addr); box != nil {
		if c := g.pick(box, mayEncrypt); c != nil {
			return lookUp{
				&recipientCertificate{address: addr, certificate: c.Certificate, capabilities: cms.OwnCapabilities()},
				trust.AllAnswered(),
			}
		}
	}
	records, err := g.o.Store.ByAddress(ctx, addr)
	answered := g.store.answered(err, g.o.Now())
	for _, r := range records {
		c, res := g.consider(ctx, addr, r)
		if res.Status == trust.Valid {
			return lookUp{c, trust.AllAnswered()}
		}
		answered = answered.And(res.Answered)
		g.o.Log.Debug(
			"certificate passed over",
			slog.String("address", addr),
			slog.String("status", string(res.Status)),
			slog.String("reason", res.Reason),
		)
	}
	return lookUp{nil, answered}
}

// consider judges a stored certificate again: state, chain, time, usage.
func (g *Gateway) consider(
	ctx context.Context,
	addr string,
	r *certstore.Record,
) (*recipientCertificate, trust.Result) {
	passed := func(why, remedy string) trust.Result {
		return trust.Result{
			Status:   trust.Untrusted,
			Rule:     "state",
			Reason:   why,
			Remedy:   remedy,
			Answered: trust.AllAnswered(),
		}
	}
	if r.State != certstore.Active && r.State != certstore.Pinned {
		return nil, passed("it is "+string(r.State), "sealgate cert activate; cert pin when its authority is not trusted")
	}
	c, err := x509cert.Parse(r.DER)
	if err != nil {
		return nil, passed("it cannot be read", "")
	}
	if err := cms.CanEncryptTo(c); err != nil {
		return nil, passed(err.Error(), "a certificate whose key can be encrypted to")
	}
	ctx = effort.WithBudget(ctx) // it did not come with the message, and the recipients may be many
	res := g.o.Trust.Check(ctx, trust.Request{
		Certificate:   c,
		Intermediates: r.Intermediates,
		Address:       addr,
		Purpose:       trust.Encrypt,
		At:            g.o.Now(),
		Pinned:        r.State == certstore.Pinned,
	})
	caps, err := cms.ParseCapabilities(r.Capabilities)
	if err != nil {
		caps = nil // no capabilities: the algorithms that everybody reads
	}
	return &recipientCertificate{addr, c, caps}, res
}

// lookUps is what the look-ups of all recipients came to, each recipient as received.
type lookUps struct {
	found   map[string]*recipientCertificate
	missing []string // everybody has answered, and there is no usable certificate
	open    []openLookUp
}

// openLookUp is a recipient for whom somebody has not answered.
type openLookUp struct {
	to     string
	silent []trust.Silence // as far as they are known
}

// findAll looks every recipient up.
func (g *Gateway) findAll(ctx context.Context, recipients []string) lookUps {
	all := lookUps{found: make(map[string]*recipientCertificate)}
	for _, to := range recipients {
		addr, err := address.Normalize(to)
		if err != nil {
			all.missing = append(all.missing, to)
			continue
		}
		l := g.certificateFor(ctx, addr)
		switch {
		case l.best != nil:
			all.found[to] = l.best
		case l.answered.All():
			all.missing = append(all.missing, to)
		default:
			all.open = append(all.open, openLookUp{to, l.answered.Silent()})
		}
	}
	return all
}

// pick is the newest valid credential that fits.
func (g *Gateway) pick(box *keyring.Mailbox, fits func(*keyring.Credential) bool) (best *keyring.Credential) {
	now := g.o.Now()
	for _, c := range box.Credentials {
		if now.Before(c.Certificate.NotBefore) || now.After(c.Certificate.NotAfter) || !fits(c) {
			continue
		}
		if best == nil || c.Certificate.NotBefore.After(best.Certificate.NotBefore) {
			best = c
		}
	}
	return best
}

// names tells whether the certificate speaks for the address.
func names(c *x509.Certificate, addr string) bool { return slices.Contains(trust.Addresses(c), addr) }
