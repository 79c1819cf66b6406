package main

// This file is what the HTTP side asks of the gateway that runs.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/internal/ownkeys"
	"sealgate/journal"
	"sealgate/smime"
)

// adminCertificates are those of the store.
type adminCertificates struct{ *house }

// Certificates implements admin.Certificates.
func (c adminCertificates) Certificates(ctx context.Context, q certadmin.Query) (*certadmin.Page, error) {
	return certadmin.Ask(ctx, c.store, q, time.Now(), c.engine.Load().roots)
}

// Bounds of what is told of one certificate.
const (
	maxUses    = 8 // addresses of it that are looked up
	maxHistory = 100
)

// Certificate implements admin.Certificates.
func (c adminCertificates) Certificate(ctx context.Context, fingerprint string) (*admin.Certificate, error) {
	r, err := c.certificate(ctx, fingerprint)
	if err != nil {
		return nil, err
	}
	out := &admin.Certificate{
		Detail:   certadmin.Describe(r, time.Now(), c.engine.Load().roots),
		Uses:     []admin.Use{},
		Possible: certadmin.Possible(r.State),
	}
	for _, a := range r.Addresses[:min(len(r.Addresses), maxUses)] {
		out.Uses = append(out.Uses, c.use(ctx, a, out.Fingerprint))
	}
	changes, err := c.journal.Changes(ctx, historyOf(out.Fingerprint))
	out.History = append([]*journal.Change{}, changes...)
	return out, err
}

// historyOf asks for the changes of one certificate.
func historyOf(fingerprint string) journal.Question {
	return journal.Question{Fingerprint: fingerprint, Most: maxHistory}
}

// use is what a certificate is for an address. A source that does not answer is said, too.
func (c adminCertificates) use(ctx context.Context, address, fingerprint string) admin.Use {
	u := admin.Use{Address: address}
	list, err := c.explain(ctx, address)
	if err != nil {
		u.Reason = err.Error()
		return u
	}
	for _, candidate := range list {
		if candidate.Fingerprint == fingerprint {
			u.Chosen = candidate.Chosen
			u.Status = candidate.Status
			u.Reason = candidate.Reason
			u.Remedy = candidate.Remedy
		}
	}
	return u
}

// certificate finds what a fingerprint is of.
func (h *house) certificate(ctx context.Context, fingerprint string) (*certstore.Record, error) {
	fp, ok := certadmin.ParseFingerprint(fingerprint)
	if !ok {
		return nil, fmt.Errorf("%w: a fingerprint is a SHA-256 in hex", certadmin.ErrInput)
	}
	return h.store.ByFingerprint(ctx, fp)
}

// Mailboxes implements admin.Mailboxes.
func (h *house) Mailboxes(ctx context.Context) []admin.Mailbox {
	var out []admin.Mailbox
	for _, k := range h.keys(ctx) {
		n := slices.IndexFunc(out, func(m admin.Mailbox) bool { return slices.Equal(m.Addresses, k.Mailbox) })
		if n < 0 {
			n = len(out)
			out = append(out, admin.Mailbox{Addresses: k.Mailbox, Keys: []admin.Key{}, Wrong: []ownkeys.Finding{}})
		}
		if k.Fingerprint == "" {
			out[n].Wrong = append(out[n].Wrong, k.Wrong...)
			continue
		}
		out[n].Keys = append(out[n].Keys, adminKey(k))
	}
	return out
}

func adminKey(k ownkeys.Summary) admin.Key {
	out := admin.Key{
		Fingerprint: k.Fingerprint, Addresses: k.Addresses, Issuer: k.Authority,
		NotBefore: k.From.UTC(), NotAfter: k.To.UTC(), Can: k.Can, Chain: []certadmin.Link{}, Wrong: k.Wrong, File: k.File,
	}
	for _, der := range k.Chain {
		out.Chain = append(out.Chain, certadmin.LinkOf(der))
	}
	return out
}

// Explain implements admin.Explainer.
func (h *house) Explain(ctx context.Context, recipient string, message io.Reader) (*admin.Explanation, error) {
	if !h.engine.Load().MayOpen(recipient) {
		return nil, admin.ErrNotOur
	}
	j, err := h.judge(ctx, []string{recipient}, message)
	if errors.Is(err, smime.ErrMalformed) {
		return nil, fmt.Errorf("%w: %w", admin.ErrInput, err)
	}
	if err != nil {
		return nil, err
	}
	return &admin.Explanation{Report: j.Report, Drawing: j.Drawing}, nil
}
