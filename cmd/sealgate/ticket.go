package main

// This file finds the original in a ticket: a mail that could not be opened is handed over
// with a part that explains why, and as it came behind that.

import (
	"context"
	"slices"
	"strings"

	"sealgate/gateway/verdict"
	"sealgate/smime"
	"sealgate/spool"
)

// saysUndecryptable reports whether a mail bears the field of one that could not be opened, under
// whatever prefix.
func saysUndecryptable(msg *spool.File) bool {
	e, err := smime.ParseEntity(msg, msg.Size())
	return err == nil && slices.ContainsFunc(e.Fields, func(f smime.Field) bool {
		return strings.HasSuffix(strings.ToLower(f.Name), "encryption") &&
			strings.TrimSpace(f.Value()) == string(verdict.EncryptionUndecryptable)
	})
}

// originalIn is the mail as it came, nil if msg is no such ticket.
func originalIn(ctx context.Context, msg *spool.File, sp *spool.Spool) (*spool.File, error) {
	o := smime.OpenOptions{Spool: sp}
	ticket, err := smime.Open(ctx, msg, msg.Size(), o)
	if err != nil {
		return nil, err
	}
	defer ticket.Close()
	media, _ := ticket.Outer.ContentType()
	if len(ticket.Layers) > 0 || ticket.Malformed != nil || !ticket.PartialEncrypted || media != "multipart/mixed" {
		return nil, nil
	}
	parts, err := ticket.Outer.Parts()
	if err != nil || len(parts) != 2 {
		return nil, nil
	}
	content := parts[1].Section()
	inner, err := smime.Open(ctx, content, content.Size(), o)
	if err != nil {
		return nil, err
	}
	defer inner.Close()
	if len(inner.Layers) == 0 {
		return nil, nil
	}
	original := sp.Create()
	if err := rewritten(original, ticket.Outer.Fields, parts[1]); err != nil {
		original.Close()
		return nil, err
	}
	return original, nil
}
