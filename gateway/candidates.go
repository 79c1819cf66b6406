package gateway

// This file explains which certificate a mail to somebody would be encrypted for,
// and why not for the others.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"sealgate/certstore"
	"sealgate/internal/address"
	"sealgate/smime/cms"
	"sealgate/trust"
)

// Candidate is one certificate of an address, best first.
type Candidate struct {
	Fingerprint string // SHA-256, hex
	State       string // as certstore has it; "own" for a mailbox of ours
	Source      string
	NotBefore   time.Time
	NotAfter    time.Time
	ProofTime   time.Time
	Chosen      bool   // a mail would be encrypted for it
	Status      string // how trust judges it now
	Rule        string // which check decided
	Reason      string // why it is not usable, or worth a word
	Remedy      string
	Revocation  string
	Cipher      string // what its owner would be sent
}

// Candidates are all certificates of an address as a mail to it would find them now.
// The error is an address that cannot be read, or a store that does not answer.
func (g *Gateway) Candidates(ctx context.Context, addr string) ([]Candidate, error) {
	addr, err := address.Normalize(addr)
	if err != nil {
		return nil, err
	}
	ctx = g.withBudget(ctx)
	chosen := g.certificateFor(ctx, addr).best
	var list []Candidate
	if box := g.o.Ring.ByFrom(addr); box != nil {
		for _, c := range box.Credentials {
			x := c.Certificate
			own := Candidate{
				Fingerprint: hexSum(x.Raw),
				State:       "own",
				Source:      "keyring",
				NotBefore:   x.NotBefore,
				NotAfter:    x.NotAfter,
				Cipher:      cipherFor(cms.OwnCapabilities()),
			}
			own.Chosen = chosen != nil && chosen.certificate.Equal(x)
			list = append(list, own)
		}
	}
	records, err := g.o.Store.ByAddress(ctx, addr)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		list = append(list, g.candidate(ctx, addr, r, chosen))
	}
	return list, nil
}

func hexSum(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func (g *Gateway) candidate(
	ctx context.Context,
	addr string,
	r *certstore.Record,
	chosen *recipientCertificate,
) Candidate {
	c, res := g.consider(ctx, addr, r)
	out := Candidate{
		Fingerprint: hex.EncodeToString(
			r.Fingerprint[:],
		), State: string(r.State), Source: string(r.Source), NotBefore: r.NotBefore, NotAfter: r.NotAfter,
		ProofTime: r.ProofTime, Status: string(res.Status), Rule: res.Rule, Reason: res.Reason, Remedy: res.Remedy, Revocation: string(res.Revocation),
	}
	if c == nil {
		return out
	}
	out.Cipher, out.Chosen = cipherFor(c.capabilities), chosen != nil && chosen.certificate.Equal(c.certificate)
	if !out.Chosen && res.Status == trust.Valid {
		out.Reason = "usable, but another comes first: pinned, or proved later"
	}
	return out
}

const gcm = "aes-256-gcm"

// cipherFor is the best cipher that somebody says to read; everybody reads CBC.
func cipherFor(caps []cms.Capability) string {
	if cms.HasCapability(caps, gcm) {
		return gcm
	}
	return "aes-256-cbc"
}
