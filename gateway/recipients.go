package gateway

// This file finds the certificate of each recipient.

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"sealgate/certstore"
	"sealgate/internal/address"
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

// certificateFor is the best usable certificate of an address, nil when every
// source answered that there is none. An error means that one did not answer:
// never a reason to send in clear.
func (g *Gateway) certificateFor(ctx context.Context, addr string) (*recipientCertificate, error) {
	if box := g.o.Ring.ByFrom(addr); box != nil {
		if c := g.pick(box, mayEncrypt); c != nil {
			return &recipientCertificate{address: addr, certificate: c.Certificate, capabilities: cms.OwnCapabilities()}, nil
		}
	}
	records, err := g.o.Store.ByAddress(ctx, addr)
	if err != nil {
		return nil, err
	}
	var unanswered error
	for _, r := range records {
		c, res := g.consider(ctx, addr, r)
		if res.Status == trust.Valid {
			return c, nil
		}
		if silent(res) {
			unanswered = errors.Join(unanswered, fmt.Errorf("certificate of %s: %s", addr, res.Reason))
			continue
		}
		g.o.Log.Debug("certificate passed over", slog.String("address", addr), slog.String("status", string(res.Status)), slog.String("reason", res.Reason))
	}
	return nil, unanswered
}

// silent tells whether revocation could not be learnt, and policy wants it known.
func silent(r trust.Result) bool {
	return r.Status == trust.Unchecked && r.Revocation == "unknown"
}

// consider judges a stored certificate again: state, chain, time, usage.
func (g *Gateway) consider(ctx context.Context, addr string, r *certstore.Record) (*recipientCertificate, trust.Result) {
	passed := func(why, remedy string) trust.Result {
		return trust.Result{Status: trust.Untrusted, Rule: "state", Reason: why, Remedy: remedy}
	}
	if r.State != certstore.Active && r.State != certstore.Pinned {
		return nil, passed("it is "+string(r.State), "sealgate cert activate; cert pin when its authority is not trusted")
	}
	c, err := x509.ParseCertificate(r.DER)
	if err != nil {
		return nil, passed("it cannot be read", "")
	}
	if err := cms.CanEncryptTo(c); err != nil {
		return nil, passed(err.Error(), "a certificate whose key can be encrypted to")
	}
	res := g.o.Trust.Check(ctx, trust.Request{Certificate: c, Intermediates: r.Intermediates, Address: addr, Purpose: trust.Encrypt, At: g.o.Now(), Pinned: r.State == certstore.Pinned})
	caps, err := cms.ParseCapabilities(r.Capabilities)
	if err != nil {
		caps = nil // no capabilities: the algorithms that everybody reads
	}
	return &recipientCertificate{addr, c, caps}, res
}

// findAll looks every recipient up. missing are those without a usable
// certificate, as received.
func (g *Gateway) findAll(ctx context.Context, recipients []string) (found map[string]*recipientCertificate, missing []string, err error) {
	found = make(map[string]*recipientCertificate)
	for _, to := range recipients {
		addr, err := address.Normalize(to)
		if err != nil {
			missing = append(missing, to)
			continue
		}
		c, err := g.certificateFor(ctx, addr)
		if err != nil {
			return nil, nil, err
		}
		if c == nil {
			missing = append(missing, to)
			continue
		}
		found[to] = c
	}
	return found, missing, nil
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
