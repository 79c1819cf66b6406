package main

// This file is what admins change over HTTP: each change has its record before it is made.

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"sealgate/admin"
	"sealgate/certstore"
	"sealgate/internal/certadmin"
	"sealgate/journal"
)

// record keeps a change as journal.detail has it.
func (h *house) record(ctx context.Context, c journal.Change) error {
	return h.journal.Keep(ctx, c, h.cfg.Journal.Detail)
}

// change makes one, and tells the log.
func (h *house) change(ctx context.Context, c journal.Change, do func() error) error {
	err := journal.Recorder(h.record).Make(ctx, c, do)
	if err == nil {
		h.log.Info("changed", "by", c.By, "what", c.What, "fingerprint", c.Fingerprint, "text", c.Text)
	}
	return err
}

// adminChanges are made over HTTP.
type adminChanges struct{ *house }

// Decide implements admin.Changes.
func (c adminChanges) Decide(
	ctx context.Context, by, fingerprint string, d certadmin.Decision, seen certstore.State,
) error {
	r, err := c.certificate(ctx, fingerprint)
	if err != nil {
		return err
	}
	if err := d.Check(r.State, seen); err != nil {
		return err
	}
	change := journal.Change{
		By: by, What: string(d), Fingerprint: fmt.Sprintf("%x", r.Fingerprint), Addresses: r.Addresses,
		Text: "it was " + string(r.State),
	}
	return c.change(ctx, change, func() error { return d.Carry(ctx, c.store, r, seen) })
}

// Record implements admin.Changes.
func (c adminChanges) Record(ctx context.Context, change journal.Change) error {
	return c.record(ctx, change)
}

// Import implements admin.Changes.
func (c adminChanges) Import(ctx context.Context, by string, f admin.ImportFile) (*admin.Imported, error) {
	out := &admin.Imported{Certificates: []certadmin.Certificate{}, LeftOut: []string{}}
	roots := c.engine.Load().roots
	i := &certadmin.Import{
		Store: c.store, Spool: c.spool, Progress: func(int, int) {}, Roots: roots,
		LeftOut: func(_, why string) { out.LeftOut = append(out.LeftOut, why) },
		Stored: func(_ string, r *certstore.Record, _ string) {
			out.Certificates = append(out.Certificates, certadmin.Summarize(r, time.Now(), roots))
		},
	}
	password := func() ([]byte, error) { return f.Password, nil }
	if err := i.Read(ctx, f.Name, f.Data, password); err != nil {
		return nil, fmt.Errorf("%w: %w", admin.ErrInput, err)
	}
	change := journal.Change{
		By: by, What: "import", Text: fmt.Sprintf("%q, sha256 %x, %d certificates", f.Name, sha256.Sum256(f.Data), i.Len()),
	}
	err := c.change(ctx, change, func() error { return i.Commit(ctx) })
	out.Added = i.Added
	out.Known = i.Known
	out.Completed = i.Completed
	return out, err
}
